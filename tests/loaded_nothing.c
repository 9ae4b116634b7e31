/* SPDX-License-Identifier: MIT */
/* A shared object without the function that --load looks for. */
extern int loaded_nothing;
int loaded_nothing = 1;

/* SPDX-License-Identifier: MIT */
/* What the libraries say is wrong with a formula or a network, in the reader's language, which they do not know. */
#ifndef DEMOS_LIBRARY_TEXT_H
#define DEMOS_LIBRARY_TEXT_H

/* The message in the language that was chosen; as it is where it is not known. Lasts until the next call. */
const char *library_text(const char *message);

#endif

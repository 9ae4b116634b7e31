/* SPDX-License-Identifier: MIT */
/* Random tests make fewer rounds under AddressSanitizer: it looks for faults of memory, for which a few will do, and is
 * slow. */
#ifndef TESTS_SANITIZED_H
#define TESTS_SANITIZED_H

#ifdef __has_feature
#define SANITIZED __has_feature(address_sanitizer)
#elif defined __SANITIZE_ADDRESS__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

/* How many times fewer. */
enum { FEWER = SANITIZED ? 8 : 1 };

#endif

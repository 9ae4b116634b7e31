/* SPDX-License-Identifier: MIT */
#include "embedded.h"

const char embedded_digits[] = {
#include "digits.inc"
};
const size_t embedded_digits_size = sizeof embedded_digits;

const char embedded_fetch[] = {
#include "fetch.inc"
    '\0'};

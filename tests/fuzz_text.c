/* SPDX-License-Identifier: MIT */
/* Any bytes as a formula. Built with -DREPLAY it has a main that runs the files given as arguments; as a libFuzzer
 * target:
 *
 *     clang -g -O1 -fsanitize=fuzzer,address,undefined -I. tests/fuzz_text.c autodiff/[a-z]*.c -lm
 *     ./a.out -max_len=600 tests/corpus/text
 */
#include "fuzz.h"
#include "text_invariants.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    if (size > MOST_BYTES) return 0;
    char *text = malloc(size + 1);
    if (text == NULL) return 0;
    if (size > 0) memcpy(text, data, size);
    text[size] = '\0';
    const char *broken = text_broken_invariant(text);
    if (broken != NULL) {
        fprintf(stderr, "does not hold: %s\n", broken);
        abort();
    }
    free(text);
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* Any bytes as a formula. Built with -DREPLAY it has a main that runs the files given as arguments; as a libFuzzer
 * target:
 *
 *     clang -g -O1 -fsanitize=fuzzer,address,undefined -I. tests/fuzz_text.c autodiff/[a-z]*.c -lm
 *     ./a.out -max_len=600 tests/corpus/text
 */
#include "text_invariants.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_BYTES = 1 << 16 };

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

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

#ifdef REPLAY
int main(int argc, char **argv)
{
    static unsigned char data[MOST_BYTES];
    for (int k = 1; k < argc; k++) {
        FILE *file = fopen(argv[k], "rb");
        if (file == NULL) {
            perror(argv[k]);
            return 1;
        }
        const size_t size = fread(data, 1, sizeof data, file);
        fclose(file);
        fprintf(stderr, "%s\n", argv[k]);
        LLVMFuzzerTestOneInput(data, size);
    }
    return 0;
}
#endif

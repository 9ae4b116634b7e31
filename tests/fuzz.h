/* SPDX-License-Identifier: MIT */
/* What the fuzz targets share: a claim that must hold, and the main that replays files where there is no libFuzzer. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_BYTES = 1 << 16 };

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

static inline void require(bool holds, const char *claim)
{
    if (holds) return;
    fprintf(stderr, "does not hold: %s\n", claim);
    abort();
}

#ifdef REPLAY
int main(int argc, char **argv)
{
    static unsigned char bytes[MOST_BYTES];
    for (int k = 1; k < argc; k++) {
        FILE *file = fopen(argv[k], "rb");
        if (file == NULL) {
            perror(argv[k]);
            return 1;
        }
        const size_t size = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        fprintf(stderr, "%s\n", argv[k]);
        LLVMFuzzerTestOneInput(bytes, size);
    }
    return 0;
}
#endif

#endif

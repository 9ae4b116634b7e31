/* SPDX-License-Identifier: MIT */
/* Any bytes as a CSV file. The first byte chooses options, the rest is the file. Built with -DREPLAY it has a main that
 * runs the files given as arguments; as a libFuzzer target:
 *
 *     meson setup .build/fuzz --buildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false
 *     ninja -C .build/fuzz
 *     clang -g -O1 -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. -Idemos -Idemos/dataset -I.build/fuzz/demos \
 *         tests/fuzz_csv.c demos/{command,embedded,number}.c \
 *         demos/dataset/{csv_*,dataset,dataset_message,dataset_parts,generate,idx,labels,stream}.c \
 *         -L.build/fuzz/nn -lchainrule -lcsv -lz -lm
 *     LD_LIBRARY_PATH=.build/fuzz/nn ./a.out -max_len=2000 tests/corpus/csv
 */
#include "csv_file.h"
#include "fuzz_dataset.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    static const char *const known[] = {"1", "b", "0"};
    static const dataset_options choices[] = {
        {0},
        {.header = DATASET_HEADER, .delimiter = ','},
        {.header = DATASET_NO_HEADER, .most = 2},
        {.label = "b"},
        {.label = "1", .delimiter = ' '},
        {.targets = "a,-1", .ignore = "2"},
        {.classes = known, .class_count = 3},
        {.inputs = 2, .may_lack_targets = true, .delimiter = '\t'},
        {.inputs = 2, .outputs = 2, .may_lack_targets = true},
    };
    if (size == 0) return 0;
    const dataset_options *options = &choices[bytes[0] % (sizeof choices / sizeof *choices)];
    dataset_error error = {"no message"};
    stream *s = stream_of(bytes + 1, size - 1, "fuzz.csv");
    dataset *data = csv_read(s, options, &error);
    stream_close(s);
    check_read(data, options, &error, size);
    dataset_free(data);
    return 0;
}

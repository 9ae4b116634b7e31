/* SPDX-License-Identifier: MIT */
/* Any bytes as two IDX files: the first two bytes are the length of the images, the third chooses options; what is left
 * after the images is the labels. How to run it: see fuzz_csv.c. */
#include "fuzz_dataset.h"
#include "idx.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    static const char *const known[] = {"7", "0"}, *const names[] = {"zero", "one", "two"};
    static const dataset_options choices[] = {
        {0}, {.most = 1}, {.classes = known, .class_count = 2}, {.inputs = 2, .may_lack_targets = true}};
    if (size < 3) return 0;
    const dataset_options *options = &choices[bytes[2] % 4];
    const bool has_names = (bytes[2] & 4) != 0, has_labels = (bytes[2] & 8) == 0;
    const size_t wanted = (size_t)bytes[0] << 8 | bytes[1], length = wanted < size - 3 ? wanted : size - 3;
    dataset_error error = {"no message"};
    stream *images = stream_of(bytes + 3, length, "images");
    stream *labels = has_labels ? stream_of(bytes + 3 + length, size - 3 - length, "labels") : NULL;
    dataset *data = idx_read(images, labels, has_names ? names : NULL, has_names ? 3 : 0, options, &error);
    stream_close(images);
    stream_close(labels);
    check_read(data, options, &error, size);
    dataset_free(data);
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* Model files that are refused: wrong texts, damage of any kind, and lies about sizes. */
#include "model_files.h"
#include "run_suite.h"

/* --------------------------------------------------------------------------------- what is refused */

static const char whole[] = WHOLE_MODEL;

/* The whole file with the first `find` replaced. */
static size_t replaced(char *text, const char *find, const char *by)
{
    const char *at = strstr(whole, find);
    ck_assert_msg(at != NULL, "'%s' is not there", find);
    return (size_t)sprintf(text, "%.*s%s%s", (int)(at - whole), whole, by, at + strlen(find));
}

#define FORM "is not a number in the form 0x1.8p+3"
#define NORMAL "is not in normal form: 0x1, digits without zeros at their end, and no more of them than a double has"
#define CONTROL "a backslash stands before \", \\, or x and the two digits of a control character"
static const struct {
    const char *find, *by, *message;
} bad[] = {
    {"chainrule-model 1", "chainrule-model 2", "1: version 2: this program reads version 1"},
    {"chainrule-model 1", "chainrule-model 01", "1: expected a whole number after 'chainrule-model', found '01'"},
    {"chainrule-model 1", "chainrule-model",
     "1: expected a whole number after 'chainrule-model', found the end of "
     "the line"},
    {"model 1\n", "model 1 \n", "1: expected the end of the line, found a space"},
    {"model 1\n", "model 1\r\n", "1: lines end in CR LF: those of a model file end in LF alone"},
    {"chainrule-model", "Chainrule-model", "1: expected 'chainrule-model', found 'Chainrule-model'"},
    {"inputs", "\xef\xbb\xbfinputs", "2: expected 'inputs', found '\xef\xbb\xbfinputs'"},
    {"inputs 2\n", "", "2: expected 'inputs', found 'cost'"},
    {"inputs 2\n", "inputs 2\ninputs 2\n", "3: expected 'cost', found 'inputs'"},
    {"inputs 2", "inputs", "2: expected a whole number after 'inputs', found the end of the line"},
    {"inputs 2", "inputs 2 2", "2: expected the end of the line, found '2'"},
    {"inputs 2", "inputs  2", "2: expected a whole number after 'inputs', found a space"},
    {"inputs 2", "inputs\t2", "2: expected 'inputs', found 'inputs\\x092'"},
    {"inputs 2", " inputs 2", "2: expected 'inputs', found a space"},
    {"inputs 2", "inputs 2\n", "3: expected 'cost', found the end of the line"},
    {"inputs 2", "inputs -2", "2: expected a whole number after 'inputs', found '-2'"},
    {"inputs 2", "inputs +2", "2: expected a whole number after 'inputs', found '+2'"},
    {"inputs 2", "inputs 0x2", "2: expected a whole number after 'inputs', found '0x2'"},
    {"inputs 2", "inputs 2.0", "2: expected a whole number after 'inputs', found '2.0'"},
    {"inputs 2", "inputs 0", "2: expected a number from 1 to 2147483647 after 'inputs', found '0'"},
    {"inputs 2", "inputs 2147483648", "2: expected a number from 1 to 2147483647 after 'inputs', found '2147483648'"},
    {"inputs 2", "inputs 18446744073709551618",
     "2: expected a number from 1 to 2147483647 after 'inputs', found '18446744073709551618'"},
    {"inputs 2", "inputs 2147483647", "5: 2 x 2147483647 weights do not fit the 722 bytes that follow"},
    {"cost mean", "cost meen", "3: expected a known cost, found 'meen_of_squares'"},
    {"cost mean_of_squares", "cost softmax_cross_entropy",
     "4: cost: softmax_cross_entropy needs softmax on the output, layer 2, which has tanh"},
    {"layers 2", "layers 0", "4: expected a number from 1 to 2147483647 after 'layers', found '0'"},
    {"layers 2", "layers 1", "6: expected 'parameters', found 'layer'"},
    {"layers 2", "layers 3", "7: expected 'layer', found 'shift'"},
    {"layers 2", "layers 2147483647", "4: 2147483647 layers do not fit the 782 bytes that follow"},
    {"layer 1", "layer 2", "5: expected 1 after 'layer', found '2'"},
    {"width 2", "width 0", "5: expected a number from 1 to 2147483647 after 'width', found '0'"},
    {"width 2", "width 2147483647", "5: 2147483647 x 2 weights do not fit the 722 bytes that follow"},
    {"width 1", "width 2147483647", "6: 2147483647 x 2 weights do not fit the 675 bytes that follow"},
    {"width 1", "width 100", "6: 100 x 2 weights do not fit the 675 bytes that follow"},
    {"width 2", "width 34", "6: 1 x 34 weights do not fit the 675 bytes that follow"},
    {"activation elu", "activation tanh", "4: layer 1: alpha: tanh has none, only leaky_relu and elu have"},
    {"activation elu", "activation softmax",
     "4: layer 1: activation: softmax goes only on the output, with softmax_cross_entropy"},
    {"activation elu", "activation \xce\xb5lu", "5: expected a known activation, found '\xce\xb5lu'"},
    {"activation elu", "activation eluuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu",
     "5: expected a known activation, found 'eluuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu...'"},
    {"alpha 0x1p-3 ", "", "5: elu needs an alpha"},
    {"alpha 0x1p-3", "alpha 0x0p+0", "5: alpha cannot be 0"},
    {"tanh bias", "tanh alpha 0x1p+0 bias", "4: layer 2: alpha: tanh has none, only leaky_relu and elu have"},
    {"bias yes", "bias 1", "5: expected 'yes' or 'no' after 'bias', found '1'"},
    {"tanh bias no skip 0", "tanh bias no skip 1", "4: layer 2: skip: layer 1 is 2 wide, this one 1"},
    {"bias no skip 0", "bias no skip 3", "6: expected a number from 0 to 2 after 'skip', found '3'"},
    {"shift 0x0p+0", "shift", "7: expected number 2 of 2, found the end of the line"},
    {"shift 0x0p+0", "shift 0x0p+0 0x0p+0", "7: expected the end of the line, found '-0x1p+0'"},
    {"shift 0x0p+0 -0x1p+0\n", "", "7: expected 'parameters', found 'scale'"},
    {"scale 0x1p+0 0x1.8p+1\n", "", "8: expected 'scale', found 'labels'"},
    {"labels 2", "labels 0", "9: expected a number from 1 to 2147483647 after 'labels', found '0'"},
    {"labels 2", "labels 1", "11: expected 'parameters', found 'label'"},
    {"labels 2", "labels 3", "12: expected 'label', found 'parameters'"},
    {"labels 2", "labels 2147483647", "9: 2147483647 labels do not fit the 623 bytes that follow"},
    {"\"no\"", "no", "10: expected a label in quotes, found 'no'"},
    {"\"no\"", "\"no", "10: expected '\"' at the end of the label"},
    {"\"no\"", "\"no\"\"", "10: expected the end of the line, found '\"'"},
    {"\"no\"", "\"n\\o\"", "10: " CONTROL},
    {"\"no\"", "\"no\\x41\"", "10: " CONTROL},
    {"\"no\"", "\"no\\x00\"", "10: " CONTROL},
    {"\"no\"", "\"no\\x0A\"", "10: " CONTROL},
    {"\"no\"", "\"n\to\"", "10: the control character 0x09 in a label must be \\x09"},
    {"\"no\"", "\"n\177o\"", "10: the control character 0x7f in a label must be \\x7f"},
    {"\"no\"", "\"n\xff\"", "10: byte 0xff is not valid UTF-8 here"},
    {"\"no\"", "\"n\xc0\x80\"", "10: byte 0xc0 is not valid UTF-8 here"},
    {"\"no\"", "\"n\xed\xa0\x80\"", "10: byte 0xed is not valid UTF-8 here"},
    {"\"no\"", "\"n\xe2\x82\"", "10: byte 0xe2 is not valid UTF-8 here"},
    {"parameters\n", "notes 0\nparameters\n", "12: expected a number from 1 to 2147483647 after 'notes', found '0'"},
    {"parameters\n", "notes 2147483647\nparameters\n", "12: 2147483647 notes do not fit the 591 bytes that follow"},
    {"parameters\n", "notes 2\nnote \"data xor\"\nparameters\n", "14: expected 'note', found 'parameters'"},
    {"parameters\n", "notes 1\nnote \"data\nparameters\n", "13: expected '\"' at the end of the note"},
    {"parameters\n", "notes 1\nnote data\nparameters\n", "13: expected a note in quotes, found 'data'"},
    {"parameters\n", "notes 1\nlabel \"a\"\nparameters\n", "13: expected 'note', found 'label'"},
    {"labels 2", "notes 1\nnote \"a\"\nlabels 2", "11: expected 'parameters', found 'labels'"},
    {"parameters\n", "", "12: expected 'parameters', found 'weights'"},
    {"weights 1", "weights 2", "13: expected 1 after 'weights', found '2'"},
    {"weights 1", "biases 1", "13: expected 'weights', found 'biases'"},
    {"0x1.8p+0\n", "\n", "14: expected number 2 of 2, found the end of the line"},
    {"0x1.8p+0\n", "0x1.8p+0 0x0p+0\n", "14: expected the end of the line, found '0x0p+0'"},
    {"0x1p+0 0x1.8p+0\n", "", "15: 'biases' " FORM ""},
    {"biases 1\n0x1p-1074 -0x0p+0\n", "", "16: expected 'biases', found 'weights'"},
    {"0x1.8p+0", "1.5", "14: '1.5' " FORM},
    {"0x1.8p+0", "nan", "14: 'nan' " FORM},
    {"0x1.8p+0", "inf", "14: 'inf' " FORM},
    {"0x1.8p+0", "-infinity", "14: '-infinity' " FORM},
    {"0x1.8p+0", "0x1.8", "14: '0x1.8' " FORM},
    {"0x1.8p+0", "0x1.8p0", "14: '0x1.8p0' " FORM},
    {"0x1.8p+0", "0x1,8p+0", "14: '0x1,8p+0' " FORM},
    {"0x1.8p+0", "0X1.8P+0", "14: '0X1.8P+0' " FORM},
    {"0x1.8p+0", "+0x1.8p+0", "14: '+0x1.8p+0' " FORM},
    {"0x1.8p+0", "--0x1p+0", "14: '--0x1p+0' " FORM},
    {"0x1.8p+0", "0x1.Ap+0", "14: '0x1.Ap+0' " FORM},
    {"0x1.8p+0", "0x3p+0", "14: '0x3p+0' " FORM},
    {"0x1.8p+0", "0x1.8p+00000", "14: '0x1.8p+00000' " FORM},
    {"0x1.8p+0", "0x1.8p+0x", "14: '0x1.8p+0x' " FORM},
    {"0x1.8p+0", "0x1.00000000000001p+0", "14: '0x1.00000000000001p+0' " FORM},
    {"0x1.8p+0", "0x1.80p+0", "14: '0x1.80p+0' " NORMAL},
    {"0x1.8p+0", "0x1.p+0", "14: '0x1.p+0' " NORMAL},
    {"0x1.8p+0", "0x1.8p+00", "14: '0x1.8p+00' " NORMAL},
    {"0x1.8p+0", "0x1.8p-0", "14: '0x1.8p-0' " NORMAL},
    {"0x1.8p+0", "0x0.8p+0", "14: '0x0.8p+0' " NORMAL},
    {"0x1.8p+0", "0x0p+1", "14: '0x0p+1' " NORMAL},
    {"0x1.8p+0", "0x1.8p-1074", "14: '0x1.8p-1074' " NORMAL},
    {"0x1.8p+0", "0x1p-1075", "14: '0x1p-1075' " NORMAL},
    {"0x1.8p+0", "0x1p+1024", "14: '0x1p+1024' is too large"},
    {"0x1.8p+0", "0x1p+9999", "14: '0x1p+9999' is too large"},
    {"training\n", "", "20: expected another part or the checksum, found 'method'"},
    {"training", "parameters", "20: expected another part or the checksum, found 'parameters'"},
    {"method momentum", "method sgd", "21: expected a known method, found 'sgd'"},
    {"method momentum", "method gd", "21: the method gd has no moments m"},
    {"method momentum", "method adam", "24: decay_rate cannot be 0 here"},
    {"rate 0x1p-5", "rate 0x0p+0", "20: rate: 0, but must be finite and above 0"},
    {"rate 0x1p-5\n", "", "22: expected 'rate', found 'momentum'"},
    {"momentum 0x1p-1", "momentum 0x1p+0", "20: momentum: 1, but must be at least 0 and below 1"},
    {"momentum 0x1p-1", "momentum 0x0p+0", "23: momentum cannot be 0 here"},
    {"l2 0x1p-10", "l2", "27: expected a number after 'l2', found the end of the line"},
    {"l2 0x1p-10", "l2 0.1", "27: '0.1' " FORM},
    {"batch 10", "batch 0", "28: batch cannot be 0 here"},
    {"epochs 30", "epochs 1e9", "29: expected a whole number after 'epochs', found '1e9'"},
    {"seed 18446744073709551615", "seed 18446744073709551616",
     "31: expected a number from 0 to 18446744073709551615 after 'seed', found '18446744073709551616'"},
    {"in_order no", "in_order 0", "32: expected 'yes' or 'no' after 'in_order', found '0'"},
    {"steps 250", "steps 9223372036854775808",
     "33: expected a number from 0 to 9223372036854775807 after 'steps', found '9223372036854775808'"},
    {"correct 12", "correct 21", "34: expected a number from 0 to 20 after 'correct', found '21'"},
    {"cost 0x1.4p+3", "cost inf", "35: 'inf' " FORM},
    {"m\nweights", "v\nweights", "21: the method momentum needs the moments m"},
    {"0x1p-20", "nan", "39: 'nan' " FORM},
    {"best epoch", "epoch", "45: expected another part or the checksum, found 'epoch'"},
    {"best epoch 7\n", "best epoch 7\nbest epoch 7\n", "46: expected 'cost', found 'best'"},
    {"-0x1p+1\n", "-0x1p+1\n\n", "54: expected another part or the checksum, found the end of the line"},
    {"-0x1p+1\n", "\n", "53: expected number 2 of 2, found the end of the line"},
    {"0x0p+0 -0x1p+1\n", "", "53: expected number 1 of 2, found the checksum"},
};

/* An allocator that notes the largest request. */
static size_t largest;

static void *noting_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user, (void)old_size;
    if (new_size > largest) largest = new_size;
    if (new_size > 0) return realloc(block, new_size);
    free(block);
    return NULL;
}

static void assert_refused_in_room(const char *message, size_t room)
{
    ad_tape *tape = ad_tape_new_with(&(ad_allocator){noting_resize, NULL});
    nn_error error;
    nn_model model;
    largest = 0;
    ck_assert_int_eq(nn_load(&model, tape, "m", &error), NN_ERR_FORMAT);
    ck_assert_str_eq(error.message, message);
    ck_assert_uint_lt(largest, room);
    ad_tape_free(tape);
}

/* Whatever sizes a text claims to have. */
START_TEST(test_a_wrong_text_is_refused_with_its_line_and_reason_in_little_memory)
{
    char text[sizeof WHOLE_MODEL + 200], message[400] = "m:";
    strcat(message, bad[_i].message);
    write_sealed("m", text, replaced(text, bad[_i].find, bad[_i].by));
    assert_not_loaded("m", NN_ERR_FORMAT, message);
    assert_refused_in_room(message, 4096);
}
END_TEST

/* ---------------------------------------------------------------------------------------- damage */

/* Whatever the file m is, it is refused as a bad model, or it is a model that is saved as the same bytes. */
static bool is_accepted(void)
{
    ad_tape *tape = ad_tape_new();
    nn_error error = {NN_OK, ""};
    nn_model model;
    const nn_status status = nn_load(&model, tape, "m", &error);
    if (status == NN_OK) {
        save(&model, "n");
        assert_same_files("m", "n");
    } else {
        ck_assert_int_eq(status, NN_ERR_FORMAT);
        ck_assert_msg(memcmp(error.message, "m:", 2) == 0 && error.message[2] >= '1' && error.message[2] <= '9', "%s",
                      error.message);
        ck_assert(is_all_zero(&model));
        ck_assert_uint_eq(ad_tape_stats(tape).nodes, 0);
    }
    assert_ok(tape);
    nn_model_free(&model);
    ad_tape_free(tape);
    return status == NN_OK;
}

START_TEST(test_a_file_cut_short_anywhere_is_refused)
{
    write_whole("m");
    const content c = read_file("m");
    ck_assert(is_accepted());
    for (size_t k = 0; k < c.size; k++) {
        write_file("m", c.bytes, k);
        ck_assert(!is_accepted());
    }
    free(c.bytes);
}
END_TEST

START_TEST(test_a_file_with_a_byte_too_many_is_refused)
{
    static const char more[] = {'\0', '\n', ' ', '0', 'f', '\r', '\x80', '"'};
    write_whole("m");
    const content c = read_file("m");
    char *changed = malloc(c.size + 1);
    for (size_t at = 0; at <= c.size; at++)
        for (size_t k = 0; k < sizeof more; k++) {
            memcpy(changed, c.bytes, at);
            changed[at] = more[k];
            memcpy(changed + at + 1, c.bytes + at, c.size - at);
            write_file("m", changed, c.size + 1);
            ck_assert(!is_accepted());
        }
    free(changed);
    free(c.bytes);
}
END_TEST

START_TEST(test_a_file_with_a_byte_left_out_is_refused)
{
    write_whole("m");
    const content c = read_file("m");
    char *changed = malloc(c.size);
    for (size_t at = 0; at < c.size; at++) {
        memcpy(changed, c.bytes, at);
        memcpy(changed + at, c.bytes + at + 1, c.size - at - 1);
        write_file("m", changed, c.size - 1);
        ck_assert(!is_accepted());
    }
    free(changed);
    free(c.bytes);
}
END_TEST

START_TEST(test_a_file_with_another_byte_is_refused)
{
    write_whole("m");
    const content c = read_file("m");
    for (size_t at = 0; at < c.size; at++)
        for (int bit = 0; bit < 8; bit++) {
            c.bytes[at] = (char)(c.bytes[at] ^ 1 << bit);
            write_file("m", c.bytes, c.size);
            ck_assert(!is_accepted());
            c.bytes[at] = (char)(c.bytes[at] ^ 1 << bit);
        }
    free(c.bytes);
}
END_TEST

/* With the right checksum many changes make another good model: another digit of a number, of a label. */
START_TEST(test_a_changed_text_with_the_right_checksum_is_refused_or_read_as_it_stands)
{
    char text[sizeof whole];
    memcpy(text, whole, sizeof whole);
    size_t accepted = 0, refused = 0;
    for (size_t at = 0; at < sizeof whole - 1; at++)
        for (int bit = 0; bit < 8; bit++) {
            text[at] = (char)(text[at] ^ 1 << bit);
            write_sealed("m", text, sizeof text - 1);
            *(is_accepted() ? &accepted : &refused) += 1;
            text[at] = (char)(text[at] ^ 1 << bit);
        }
    ck_assert_uint_gt(accepted, 100);
    ck_assert_uint_gt(refused, 5000);
}
END_TEST

static void assert_refused(const char *bytes, size_t size, const char *message)
{
    write_file("m", bytes, size);
    assert_not_loaded("m", NN_ERR_FORMAT, message);
}

START_TEST(test_damage_is_called_damage)
{
    write_whole("m");
    content c = read_file("m");
    const size_t seal = c.size - sizeof "checksum 0123456789abcdef";
    char message[200], *text = c.bytes;
    text[19] = 'x'; /* "inputs" */
    snprintf(message, sizeof message,
             "m:54: the checksum is %.16s, that of the content is %016llx: the file was damaged or edited",
             text + seal + 9, (unsigned long long)checksum_of(text, seal));
    assert_refused(text, c.size, message);
    text[19] = 'n';
    assert_refused(text, 0, "m:1: the file is empty");
    assert_refused(text, 5, "m:1: expected 'chainrule-model', found 'chain'");
    assert_refused(text, 18, "m:2: the file ends without its checksum: it was cut short");
    assert_refused(text, seal, "m:54: the file ends without its checksum: it was cut short");
    assert_refused(text, seal + 5, "m:54: the file ends without its checksum: it was cut short");
    snprintf(message, sizeof message, "m:54: expected 16 hexadecimal digits after 'checksum', found '%.15s'",
             text + seal + 9);
    assert_refused(text, c.size - 2, message);
    assert_refused(text, c.size - 1, "m:54: expected the end of the line, found the end of the file");
    free(c.bytes);
}
END_TEST

/* ----------------------------------------------------------------------------------- huge sizes */

#define NULS "\\x00\\x00\\x00\\x00\\x00"
START_TEST(test_a_huge_file_of_nothing_takes_no_memory)
{
    static const char *const starts[] = {"", "chainrule-model 1\n", "chainrule-model 1\ninputs 2\n"};
    static const char *const messages[] = {"m:1: expected 'chainrule-model', found '" NULS NULS NULS "...'",
                                           "m:2: a NUL byte, which no text has", "m:3: a NUL byte, which no text has"};
    for (size_t k = 0; k < 3; k++) {
        write_file("m", starts[k], strlen(starts[k]));
        ck_assert_int_eq(truncate("m", (off_t)1 << 40), 0);
        assert_refused_in_room(messages[k], 2 << 20);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("model_refused");
    TCase *c = tcase_create("text");
    tcase_add_checked_fixture(c, enter_directory, leave_directory);
    tcase_add_loop_test(c, test_a_wrong_text_is_refused_with_its_line_and_reason_in_little_memory, 0,
                        sizeof bad / sizeof *bad);
    suite_add_tcase(s, c);

    c = tcase_create("damage");
    tcase_set_timeout(c, 120);
    tcase_add_checked_fixture(c, enter_directory, leave_directory);
    tcase_add_test(c, test_a_file_cut_short_anywhere_is_refused);
    tcase_add_test(c, test_a_file_with_a_byte_too_many_is_refused);
    tcase_add_test(c, test_a_file_with_a_byte_left_out_is_refused);
    tcase_add_test(c, test_a_file_with_another_byte_is_refused);
    tcase_add_test(c, test_a_changed_text_with_the_right_checksum_is_refused_or_read_as_it_stands);
    tcase_add_test(c, test_damage_is_called_damage);
    suite_add_tcase(s, c);

    c = tcase_create("sizes");
    tcase_add_checked_fixture(c, enter_directory, leave_directory);
    tcase_add_test(c, test_a_huge_file_of_nothing_takes_no_memory);
    suite_add_tcase(s, c);
    return s;
}

int main(void) { return run_suite(suite()); }

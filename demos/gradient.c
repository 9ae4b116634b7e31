/* SPDX-License-Identifier: MIT */
#include <autodiff/autodiff.h>
#include <stdio.h>

int main(void)
{
    ad_tape *tape = ad_tape_new();
    ad_var w = ad_leaf(tape, 0.5), x = ad_leaf(tape, 2.0), b = ad_leaf(tape, -0.25);
    ad_var y = ad_tanh(ad_add(ad_mul(w, x), b));
    if (ad_backward(y) != AD_OK) return 1;
    printf("y = %.4f, dy/dw = %.4f, dy/dx = %.4f, dy/db = %.4f\n", ad_value(y), ad_grad(w), ad_grad(x), ad_grad(b));
    ad_tape_free(tape);
    return 0;
}

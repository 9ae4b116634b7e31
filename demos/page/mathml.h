/* SPDX-License-Identifier: MIT */
/* Mathematics on one line as presentation MathML (MathML Core).
 *
 *     notation            read as
 *     w^2_13, a^(L-1)_k   superscript and subscript: one number, name or bracketed group each; _ takes a run of digits
 *                         and letters; both may stand, in either order. Outer ( ) or { } of a script are not shown
 *     ∂C/∂w^2_13, dy/dx   a fraction, of what begins with ∂ or d; as do 1/2 and 1/(2n)
 *     x / y               (with spaces) a fraction of the product before it and the factor after it
 *     a * b, a · b        a product, shown as a · b; a b, too, side by side
 *     sqrt(x), exp(x)     a root; e to a power
 *     x^y, pow(x, y)      a power
 *     Σ_k, Σ, ∏           large operators
 *     σ′, ᵀ, ½, ŷ, δ, ⊙   as they stand
 *     a < b ? x : y       cases
 *
 * Anything else is shown as it stands, so that no text is refused; what is special in HTML is escaped. */
#ifndef DEMOS_MATHML_H
#define DEMOS_MATHML_H

/* The <math> element, with display="block" or inline; to be freed. */
char *mathml_of(const char *text, int is_block);

#endif

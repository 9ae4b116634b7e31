/* SPDX-License-Identifier: MIT */
/* Mathematics on one line as presentation MathML (MathML Core).
 *
 *     notation            read as
 *     w^2_13, a^(L-1)_k   superscript and subscript: one number, name or bracketed group each; _ takes a run of digits
 *                         and letters; both may stand, in either order. Outer ( ) or { } of a script are not shown; but
 *                         (l) as a superscript is, where the text has one with a single letter or number: z^(l+1) = ...
 *                         a^(l) is the notation of those who write layers in parentheses
 *     w0, x_2[1]          a letter with its number as subscript; an entry
 *     ∂C/∂w^2_13, dy/dx   a fraction, of what stands right at the sign: so are 1/2 and 1/(2n)
 *     x / y               (with spaces) a fraction of the product before it and the factor after it
 *     a * b, a · b        a product, shown as a · b; a b, too, side by side
 *     sqrt(x), exp(x)     a root; e to a power; so abs, cbrt, ceil, exp2, floor, square
 *     x^y, x ^ y, pow(x, y)
 *                         a power
 *     Σ_k, Σ, ∏           large operators; sum_k too
 *     σ′, ᵀ, ½, ŷ, δ, ⊙   as they stand
 *     6.02e-05, inf       6.02 × 10⁻⁵, ∞
 *     a < b ? x : y       cases
 *     the number of       words in a row: text; two or more spaces: a gap
 *
 * Anything else is shown as it stands, so that no text is refused; what is special in HTML is escaped. Brackets deeper
 * than a few dozen levels are shown without structure. Takes time in proportion to the text. */
#ifndef DEMOS_MATHML_H
#define DEMOS_MATHML_H

/* The <math> element, with display="block" or inline; to be freed. */
char *mathml_of(const char *text, int is_block);

#endif

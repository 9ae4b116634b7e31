/* SPDX-License-Identifier: MIT */
/* A shared object whose registration fails: for --load. */
#include <autodiff/autodiff.h>

AD_API ad_status chainrule_register(ad_tape *tape);

ad_status chainrule_register(ad_tape *tape)
{
    ad_register(tape, &(ad_custom){.name = "tanh"});
    return ad_tape_error(tape);
}

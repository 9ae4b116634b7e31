/* SPDX-License-Identifier: MIT */
/* What argp says by itself in the name of a command, and looks up in the command's catalogue; only xgettext reads it.
 */
N_("Usage:")
N_("  or: ")
N_(" [OPTION...]")
N_("Mandatory or optional arguments to long options are also mandatory or optional for any corresponding short "
   "options.")
N_("Give this help list")
N_("Give a short usage message")
N_("Print program version")
N_("Try `%s --help' or `%s --usage' for more information.\n")
N_("%s: Too many arguments\n")

/* What lower-casing does to Unicode, as tables: made from utf8proc at start, complete. */
#ifndef LSTMC_CASING_H
#define LSTMC_CASING_H
#include "arena.h"
#include "text.h"

/* Rules for text_decode; all tables are empty unless lowercase. They agree with Python's str.lower.
 */
struct text_rules casing_rules(struct arena *a, bool lowercase);
#endif

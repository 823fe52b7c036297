/* What predictions read: which of their products read a weight that was packed for them once, when it was
 * loaded (lstmc/stream.h has the loops), and where such weights lie. */
#ifndef LSTMC_STREAM_PASS_H
#define LSTMC_STREAM_PASS_H
#include "ir.h"
#include "table.h"

/* sample, window: run on their own, character after character, with weights that do not change. */
bool program_predicts(const struct program *p);
/* Is the right operand of this product a whole parameter, which can lie packed? */
bool node_streams(const struct program *p, const struct node *n);
bool module_streams(const struct module *m);
/* The parameters that products of predictions read so, as the programs are now. */
struct table streamed_tensors(const struct module *m, struct arena *a);
bool is_streamed(const struct table *streamed, const struct tensor *t);

/* Where tensors lie in panels, as training reads them, predictions see none of them: they have all parameters
 * of a `struct NAME_weights`, plain rows or packed. Else they have the same. */
bool has_panels(const struct module *m);
bool sees_plain(const struct program *p); /* a prediction where tensors lie in panels */
/* By which the program's nodes know the tensor; for many of them sees_plain is asked once. */
struct value *tensor_value(const struct program *p, struct tensor *t);
struct value *tensor_seen(struct tensor *t, bool plain);
/* May tensors lie in panels? Not where a prediction reads a weight in two ways, which it would have but once. */
bool can_pack_weights(const struct module *m);
/* Gives the plain values their places in that struct, which takes so many bytes. */
void place_weights(struct module *m);
int64_t weights_bytes(const struct module *m);

/* Each lies at its offset in a `struct NAME_weights` that begins with this byte of the work region: behind
 * what predictions work in, and in what updates work in, since the two take turns. */
int64_t packed_offset(const struct module *m);
/* Work memory that all this takes; 0: nothing is packed. */
int64_t packed_end(const struct module *m);
#endif

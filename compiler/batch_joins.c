/* Values side by side or one below the other. Each list of parts is joined once, whoever asks, and
 * what is part of a join that is there already becomes a slice of it: a part that two joins demand
 * at two places would have to be copied. */
#include "batch.h"
#include <stdlib.h>

enum { ENOUGH_ROWS = 8 };

/* ---- finding --------------------------------------------------------------------------------- */

static uint64_t hash_join(const struct join *j)
{
    uint64_t h = hash_word(0, (uint64_t)j->axis);
    for (int i = 0; i < j->count; i++)
        h = hash_pointer(h, j->parts[i]);
    return h;
}

static int same_join(const void *item, const void *key)
{
    const struct join *a = item, *b = key;
    bool same = a->axis == b->axis && a->count == b->count;
    for (int i = 0; same && i < a->count; i++)
        same = a->parts[i] == b->parts[i];
    return same;
}

struct join *find_join(struct batch *b, struct value **parts, int count, int axis)
{
    struct join key = { .axis = axis, .count = count, .parts = parts };
    uint64_t hash = hash_join(&key);
    struct join *j = table_find(&b->joins, hash, same_join, &key);
    if (j)
        return j;
    j = arena_alloc(b->arena, sizeof *j);
    *j = key;
    j->parts = arena_grow(b->arena, parts, (size_t)count, (size_t)count, sizeof *parts);
    table_add(&b->joins, hash, j);
    return j;
}

struct value *cols_from(const struct value *v)
{
    return v->def && v->def->op == OP_COLS ? v->def->args[0] : NULL;
}

bool is_of_tensor(const struct value *v)
{
    return v->tensor || (cols_from(v) && cols_from(v)->tensor);
}

/* ---- wider joins ----------------------------------------------------------------------------- */

/* The longest join that has a part, of those that products like one another asked for. */
struct widest {
    const struct value *part;
    struct join *join;
    const struct node *like;
};

static bool are_alike(const struct node *a, const struct node *b)
{
    return a->scope == b->scope &&
           shape_equal(node_result(a)->type.shape, node_result(b)->type.shape);
}

static int same_part(const void *item, const void *key)
{
    const struct widest *a = item, *b = key;
    return a->part == b->part && a->join->axis == b->join->axis && are_alike(a->like, b->like);
}

static struct widest *widest_of(struct batch *b, const struct value *part, struct join *join,
                                const struct node *like)
{
    struct widest key = { part, join, like };
    uint64_t hash = hash_pointer(hash_pointer((uint64_t)join->axis, part), like->scope);
    struct widest *w = table_find(&b->widest, hash, same_part, &key);
    if (w)
        return w;
    w = arena_alloc(b->arena, sizeof *w);
    *w = key;
    table_add(&b->widest, hash, w);
    return w;
}

void offer_join(struct batch *b, struct join *j, const struct node *like)
{
    for (int i = 0; i < j->count; i++) {
        struct widest *w = widest_of(b, j->parts[i], j, like);
        if (j->count > w->join->count)
            w->join = j;
    }
}

static bool is_subsequence(const struct join *j, const struct join *of)
{
    int found = 0;
    for (int i = 0; i < of->count && found < j->count; i++)
        found += of->parts[i] == j->parts[found];
    return found == j->count;
}

/* Are all parts there where b->b.at stands? */
static bool is_complete(const struct batch *b, const struct join *j)
{
    bool complete = true;
    for (int i = 0; i < j->count && complete; i++)
        complete = !j->parts[i]->def || j->parts[i]->def->order < b->b.at->order;
    return complete;
}

/* Not one with so many parts more that the work would double. */
struct join *widen_join(struct batch *b, struct join *j, const struct node *like)
{
    struct join *wide = widest_of(b, j->parts[0], j, like)->join;
    bool fits = wide->count > j->count && wide->count <= 2 * j->count && is_subsequence(j, wide);
    return fits && is_complete(b, wide) ? wide : j;
}

static int same_type(const void *item, const void *key)
{
    const struct value *v = item;
    const struct type *t = key;
    return type_equal(v->type, *t);
}

/* At the head of the program: one for each type. */
static struct value *zeros_of(struct batch *b, struct type type)
{
    uint64_t hash = (uint64_t)shape_elements(type.shape);
    struct value *zeros = table_find(&b->zeros, hash, same_type, &type);
    if (zeros)
        return zeros;
    struct builder head = b->b;
    head.at = b->program->first;
    zeros = build_const(&head, 0, type);
    zeros->def->order = head.at->order;
    table_add(&b->zeros, hash, zeros);
    return zeros;
}

struct join *spread_join(struct batch *b, const struct join *like, const struct join *wide,
                         struct join *j)
{
    if (like == wide)
        return j;
    struct value **parts = arena_new_array(b->arena, struct value *, wide->count);
    for (int i = 0, found = 0; i < wide->count; i++) {
        struct type type = j->parts[0]->type;
        type.shape.dim[j->axis] = wide->parts[i]->type.shape.dim[wide->axis];
        bool there = found < like->count && wide->parts[i] == like->parts[found];
        parts[i] = there ? j->parts[found++] : zeros_of(b, type);
    }
    return find_join(b, parts, wide->count, j->axis);
}

/* ---- building -------------------------------------------------------------------------------- */

static bool is_slice_along(const struct value *v, int axis)
{
    return v->def && (v->def->op == OP_ROWS || v->def->op == OP_COLS) &&
           axis == (v->def->op == OP_ROWS ? 0 : v->type.shape.rank - 1);
}

bool are_cut(struct value *const *parts, int count, int axis)
{
    bool cut = is_slice_along(parts[0], axis);
    for (int i = 1; cut && i < count; i++) {
        const struct node *before = parts[i - 1]->def, *n = parts[i]->def;
        cut = is_slice_along(parts[i], axis) && n->args[0] == before->args[0] &&
              attr_int(n, "start", 0) == attr_int(before, "stop", 0);
    }
    return cut;
}

static bool is_cut(const struct join *j)
{
    return are_cut(j->parts, j->count, j->axis);
}

bool is_worth_joining(const struct join *j)
{
    bool copied = false;
    for (int i = 0; i < j->count && !copied; i++)
        copied = is_of_tensor(j->parts[i]);
    return !copied || is_cut(j) || j->rows >= ENOUGH_ROWS;
}

/* The value from which the parts were cut, or the slice of it that they make up. */
static struct value *uncut(struct batch *b, const struct join *j)
{
    const struct node *first = j->parts[0]->def, *last = j->parts[j->count - 1]->def;
    struct value *base = first->args[0];
    int64_t start = attr_int(first, "start", 0), stop = attr_int(last, "stop", 0);
    if (start == 0 && stop == base->type.shape.dim[j->axis])
        return base;
    return build_slice(&b->b, j->axis == 0 ? OP_ROWS : OP_COLS, base, start, stop);
}

static bool joins_along(const struct node *n, int axis)
{
    return n && n->op == OP_CONCAT && attr_int(n, "axis", 0) == axis &&
           node_result(n)->type.shape.rank == 2;
}

/* Are all parts joins of rows, cut at the same rows? */
static bool is_block_matrix(const struct join *j)
{
    const struct node *first = j->parts[0]->def;
    bool blocks = j->axis == 1;
    for (int i = 0; i < j->count && blocks; i++) {
        const struct node *part = j->parts[i]->def;
        blocks = joins_along(part, 0) && part->arg_count == first->arg_count;
        for (int k = 0; blocks && k < part->arg_count; k++)
            blocks = part->args[k]->type.shape.dim[0] == first->args[k]->type.shape.dim[0];
    }
    return blocks;
}

/* Columns of rows become rows of columns: a time step's gates lie side by side already where its
 * own product reads them. */
static struct value *build_blocks(struct batch *b, const struct join *j)
{
    const int rows = j->parts[0]->def->arg_count;
    struct value **down = arena_new_array(b->arena, struct value *, rows);
    struct value **across = arena_new_array(b->arena, struct value *, j->count);
    for (int r = 0; r < rows; r++) {
        for (int c = 0; c < j->count; c++)
            across[c] = j->parts[c]->def->args[r];
        down[r] = build_join(b, find_join(b, across, j->count, 1));
    }
    return build_join(b, find_join(b, down, rows, 0));
}

/* Brings a node before another, and into its part of the program. */
static void move_up(struct batch *b, struct node *n, struct node *before)
{
    if (n->order <= before->order)
        return;
    node_remove(b->b.list, n);
    node_insert(b->b.list, n, before);
    n->order = before->order;
    n->part = before->part < n->part ? before->part : n->part;
}

struct value *build_join(struct batch *b, struct join *j)
{
    const int next_id = b->program->next_id;
    if (j->built) /* its parts are brought before it by the sort that follows */
        move_up(b, j->whole->def, b->b.at);
    if (j->whole)
        return j->whole;
    j->whole = j->count == 1        ? j->parts[0]
               : is_cut(j)          ? uncut(b, j)
               : is_block_matrix(j) ? build_blocks(b, j)
                                    : build_concat(&b->b, j->parts, j->count, j->axis);
    j->built = next_id < b->program->next_id;
    if (j->built)
        j->whole->def->order = b->b.at->order;
    return j->whole;
}

/* ---- joins within joins ---------------------------------------------------------------------- */

/* Where a value stands in the largest join of rows that has it, and in the largest of columns; its
 * note. */
struct seat {
    struct node *down, *across; /* NULL: in none */
    int row_index, col_index;   /* which part it is */
    int64_t row, col;
    int ready; /* of `down`: the order of the last node that it needs, joins of columns apart */
};

static struct seat *seat_of(struct batch *b, struct value *v)
{
    if (!v->note)
        v->note = arena_alloc(b->arena, sizeof(struct seat));
    return v->note;
}

static int by_size(const void *x, const void *y)
{
    const struct node *a = *(struct node *const *)x, *b = *(struct node *const *)y;
    return a->arg_count != b->arg_count ? b->arg_count - a->arg_count
                                        : (a->order > b->order) - (a->order < b->order);
}

static void seat_across(struct batch *b, struct node *join)
{
    int64_t col = 0;
    for (int i = 0; i < join->arg_count; i++) {
        struct seat *s = seat_of(b, join->args[i]);
        if (!s->across) {
            s->across = join;
            s->col_index = i;
            s->col = col;
        }
        col += join->args[i]->type.shape.dim[1];
    }
}

static int last_part(const struct node *join)
{
    int last = -1;
    for (int i = 0; i < join->arg_count; i++)
        if (join->args[i]->def && join->args[i]->def->order > last)
            last = join->args[i]->def->order;
    return last;
}

/* A join of columns stands where its parts are, whenever that is wanted. */
static int ready_order(const struct node *join)
{
    int last = -1;
    for (int i = 0; i < join->arg_count; i++) {
        const struct node *def = join->args[i]->def;
        int order = joins_along(def, 1) ? last_part(def) : def ? def->order : -1;
        last = order > last ? order : last;
    }
    return last;
}

static void seat_down(struct batch *b, struct node *join)
{
    const int ready = ready_order(join);
    int64_t row = 0;
    for (int i = 0; i < join->arg_count; i++) {
        struct seat *s = seat_of(b, join->args[i]);
        if (!s->down) {
            s->down = join;
            s->row_index = i;
            s->row = row;
            s->ready = ready;
        }
        row += join->args[i]->type.shape.dim[0];
    }
}

/* Constants fill many joins; another part tells where one stands. */
static int first_computed(const struct node *n)
{
    int i = 0;
    while (i < n->arg_count - 1 && value_is_const(n->args[i], NULL))
        i++;
    return i;
}

/* Is `part` what stands in `row` at the given columns? */
static bool stands_at(const struct value *row, int index, int64_t col, const struct value *part)
{
    const struct node *join = row->def;
    if (!joins_along(join, 1) || index >= join->arg_count || join->args[index] != part)
        return false;
    for (int i = 0; i < index; i++)
        col -= join->args[i]->type.shape.dim[1];
    return col == 0;
}

/* Do the parts of n follow each other in one join, the anchor at seat s? `across`: as the columns
 * of its parts where this seat is. The join must be complete where n stands, or a cycle could
 * arise. */
static bool stand_below(const struct node *n, int anchor, const struct seat *s,
                        const struct seat *across)
{
    const int first = s->row_index - anchor;
    bool stand = s->down && s->down != n && first >= 0 &&
                 first + n->arg_count <= s->down->arg_count && s->ready < n->order;
    for (int i = 0; stand && i < n->arg_count; i++) {
        const struct value *row = s->down->args[first + i];
        stand =
            across ? stands_at(row, across->col_index, across->col, n->args[i]) : row == n->args[i];
    }
    return stand;
}

/* Brings the join before n. Gives the row of it where the parts of n begin. */
static int64_t fetch_rows(struct batch *b, struct node *n, int anchor, const struct seat *s)
{
    int64_t row = s->row;
    for (int i = 0; i < anchor; i++)
        row -= n->args[i]->type.shape.dim[0];
    for (int i = 0; i < s->down->arg_count && s->down->order > n->order; i++)
        if (s->down->args[i]->def)
            move_up(b, s->down->args[i]->def, n);
    move_up(b, s->down, n);
    return row;
}

static bool become_rows(struct batch *b, struct node *n)
{
    const int anchor = first_computed(n);
    const struct seat *s = seat_of(b, n->args[anchor]);
    if (!stand_below(n, anchor, s, NULL))
        return false;
    int64_t row = fetch_rows(b, n, anchor, s);
    become_slice(b, n, OP_ROWS, node_result(s->down), row, row + node_result(n)->type.shape.dim[0]);
    return true;
}

/* One gate of all steps: columns of what stacks the gates of all steps. */
static void become_columns(struct batch *b, struct node *n)
{
    const int anchor = first_computed(n);
    const struct seat *s = seat_of(b, n->args[anchor]), *of_join;
    const struct shape shape = node_result(n)->type.shape;
    if (!s->across)
        return;
    of_join = seat_of(b, node_result(s->across));
    if (!stand_below(n, anchor, of_join, s))
        return;
    int64_t row = fetch_rows(b, n, anchor, of_join);
    b->b.at = n;
    b->b.like = n;
    b->b.part = n->part;
    struct value *rows =
        build_slice(&b->b, OP_ROWS, node_result(of_join->down), row, row + shape.dim[0]);
    rows->def->order = n->order;
    become_slice(b, n, OP_COLS, rows, s->col, s->col + shape.dim[1]);
}

/* The joins of a program along one axis, the largest first. */
struct joins {
    struct node **nodes;
    size_t count, room;
};

static void add_join(struct batch *b, struct joins *j, struct node *n)
{
    if (j->count == j->room) {
        j->room = 2 * j->count + 64;
        j->nodes = arena_grow(b->arena, j->nodes, j->count, j->room, sizeof *j->nodes);
    }
    j->nodes[j->count++] = n;
}

/* The gradient of U stacks the steps from the second on, that of W all of them: the one is rows of
 * the other. */
void share_joins(struct batch *b)
{
    struct joins down = { 0 }, across = { 0 };
    clear_notes(b->program);
    for (struct node *n = b->program->first; n; n = n->next)
        if (joins_along(n, 0) || joins_along(n, 1))
            add_join(b, joins_along(n, 0) ? &down : &across, n);
    if (down.count > 0)
        qsort(down.nodes, down.count, sizeof *down.nodes, by_size);
    if (across.count > 0)
        qsort(across.nodes, across.count, sizeof *across.nodes, by_size);
    for (size_t i = 0; i < across.count; i++)
        seat_across(b, across.nodes[i]);
    for (size_t i = 0; i < down.count; i++)
        if (!become_rows(b, down.nodes[i]))
            seat_down(b, down.nodes[i]);
    for (size_t i = 0; i < down.count; i++)
        if (down.nodes[i]->op == OP_CONCAT)
            become_columns(b, down.nodes[i]);
}

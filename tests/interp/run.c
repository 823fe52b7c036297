/* Running a program: memory for its values, then its nodes, in order or phase by phase in blocks. */
#include "grid.h"
#include "machine.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory of a run -------------------------------------------------------------------------- */

enum { BYTES_A_CELL = 4 };

static void fill_nan(double *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        x[i] = NAN;
}

static int real_bytes(const struct interp *in)
{
    return in->m->dtype == DTYPE_FLOAT64 ? 8 : 4;
}

/* Real bytes from the start of a placed value to its end. */
static int64_t placed_bytes(const struct interp *in, const struct value *v)
{
    int64_t rows = shape_rows(v->type.shape), cols = shape_cols(v->type.shape);
    if (v->type.elem == ELEM_BIT)
        return 2 * ((rows - 1) * v->place.stride + bit_words(cols));
    int64_t size = v->type.elem == ELEM_INDEX    ? 4
                   : v->type.elem == ELEM_DOUBLE ? 8
                   : v->type.elem == ELEM_BF16   ? 2
                                                 : real_bytes(in);
    if (v->type.layout.lanes)
        return stored_rows(v->type) * stored_cols(v->type) * size;
    return ((rows - 1) * v->place.stride + cols) * size;
}

static void grow_region(const struct interp *in, const struct value *v, int64_t ends[REGIONS])
{
    int64_t end = v->place.offset + placed_bytes(in, v);
    if (end > ends[v->place.region])
        ends[v->place.region] = end;
}

static void make_regions(struct interp *in)
{
    int64_t ends[REGIONS] = { 0 };
    for (int i = 0; i < in->tensors.count; i++)
        if (!in->tensors.items[i].value->tensor->whole)
            grow_region(in, in->tensors.items[i].value, ends);
    for (const struct node *n = in->p->first; n; n = n->next)
        for (int i = 0; i < n->result_count; i++)
            grow_region(in, n->results[i], ends);
    for (int r = REGION_WORK; r < REGIONS; r++) {
        int64_t cells = ends[r] / BYTES_A_CELL + 1;
        in->regions[r] = allocate(cells, sizeof **in->regions);
        fill_nan(in->regions[r], cells);
    }
}

static void use_place(struct interp *in, struct slot *s, const struct value *v)
{
    int bytes = v->type.elem == ELEM_BIT || v->type.elem == ELEM_INDEX ? 4
                : v->type.elem == ELEM_DOUBLE                          ? 8
                                                                       : real_bytes(in);
    double *region = in->regions[v->place.region];
    s->row_step = v->place.stride;
    s->layout = v->type.layout;
    s->cell_step = bytes / BYTES_A_CELL;
    s->cells = region + v->place.offset / BYTES_A_CELL;
    s->halves = v->type.elem == ELEM_BF16 ? (float *)region + v->place.offset / 2 : NULL;
    s->words = v->type.elem == ELEM_BIT ? (uint32_t *)region + v->place.offset / 2 : NULL;
}

/* Memory of the value's own; freed with free(s->cells). */
static void use_buffer(struct slot *s)
{
    int64_t n = s->rows * s->cols;
    *s = (struct slot){ .type = s->type, .rows = s->rows, .cols = s->cols };
    s->row_step = s->cols;
    s->cell_step = 1;
    s->cells = allocate(n, sizeof *s->cells);
    fill_nan(s->cells, n);
}

/* Doubles are locals of the host and have no place. */
static void use_memory(struct interp *in, struct slot *s, const struct value *v, bool places)
{
    if (places && v->place.region != REGION_NONE) {
        use_place(in, s, v);
        return;
    }
    if (places && v->type.elem != ELEM_DOUBLE) {
        fprintf(stderr, "interp: %s %%%d has no place\n", v->tensor ? v->tensor->name : "value",
                v->id);
        in->failed = true;
    }
    use_buffer(s);
}

static bool in_region(const struct interp *in, const struct value *v)
{
    return in->regions[REGION_WORK] && v->place.region != REGION_NONE;
}

static void drop_memory(struct interp *in, struct slot *s, const struct value *v)
{
    if (!in_region(in, v))
        free(s->cells);
    s->cells = NULL;
}

/* ---- running ---------------------------------------------------------------------------------- */

static void copy_in(const struct slot *s, const double *from)
{
    for (int64_t i = 0; i < s->rows * s->cols; i++)
        slot_store(s, i / s->cols, i % s->cols, from[i]);
}

static void copy_out(const struct slot *s, double *to)
{
    for (int64_t i = 0; i < s->rows * s->cols; i++)
        to[i] = slot_load(s, i / s->cols, i % s->cols);
}

/* Inputs are there before the program starts, most effects are the runtime's. At planned places a view
 * is there when its operand is, a concat when its parts are, and the new value of a tensor was computed
 * where the tensor lies. */
static bool computes(const struct interp *in, const struct step *s)
{
    const enum op_class c = op_table[s->n->op].class;
    if (c == CLASS_VIEW || c == CLASS_JOIN || s->n->op == OP_ASSIGN)
        return !in_region(in, s->n->op == OP_ASSIGN ? s->n->args[0] : s->n->results[0]);
    return c != CLASS_EFFECT && s->n->op != OP_INPUT;
}

static struct shape space_of(const struct step *s)
{
    return s->n->op == OP_CALL ? s->n->kernel->space.shape : s->results[0]->type.shape;
}

/* Block i of the grid: whole units, the last one cut off at the end; or all of a node that has none. */
static struct block block_of(const struct step *s, int i)
{
    struct shape space = space_of(s);
    struct block b = { 0, shape_rows(space), 0, shape_cols(space) };
    const struct grid g = s->n->grid;
    if (g.blocks == 0)
        return b;
    int64_t *start = g.axis == AXIS_ROWS ? &b.row : &b.col;
    int64_t *end = g.axis == AXIS_ROWS ? &b.row_end : &b.col_end;
    int64_t extent = *end, units = (extent + g.unit - 1) / g.unit;
    *start = units * i / g.blocks * g.unit;
    *end = units * (i + 1) / g.blocks * g.unit;
    *end = *end < extent ? *end : extent;
    return b;
}

/* A unit of columns in a band of rows. */
static struct block cell_of(const struct step *s, int64_t cell)
{
    const struct shape space = space_of(s);
    const struct grid g = s->n->grid;
    const int64_t col = cell / g.bands * g.unit, band = cell % g.bands, rows = shape_rows(space);
    const int64_t end = col + g.unit, cols = shape_cols(space);
    return (struct block){ band * rows / g.bands, (band + 1) * rows / g.bands, col,
                           end < cols ? end : cols };
}

static void run_cells(struct interp *in, const struct step *s, int block)
{
    const struct grid g = s->n->grid;
    const int64_t cells = (shape_cols(space_of(s)) + g.unit - 1) / g.unit * g.bands;
    for (int64_t i = cells * block / g.blocks; i < cells * (block + 1) / g.blocks; i++)
        eval_block(s->n, s->args, s->results, cell_of(s, i), in->key);
}

/* The columns of a panel. */
static struct block panel_of(struct type space, int64_t panel)
{
    const int64_t parts = space.layout.parts, width = shape_cols(space.shape) / parts;
    const int64_t part = panel % parts * width, in_part = panel / parts * space.layout.lanes;
    const int64_t left = width - in_part,
                  wide = left < space.layout.lanes ? left : space.layout.lanes;
    return (struct block){ 0, shape_rows(space.shape), part + in_part, part + in_part + wide };
}

/* A kernel over a space in panels: its grid cuts them as they are stored. */
static void run_panels(struct interp *in, const struct step *s, int block)
{
    const struct type space = s->n->kernel->space;
    const struct range rows = grid_range(s->n->grid, stored_rows(space), block);
    for (int64_t i = rows.start / panel_rows(space); i < rows.stop / panel_rows(space); i++)
        eval_block(s->n, s->args, s->results, panel_of(space, i), in->key);
}

static void run_blocks(struct interp *in, const struct step *s, int first, int end)
{
    const bool panels = s->n->op == OP_CALL && s->n->kernel->space.layout.lanes;
    for (int i = first; i < end; i++)
        if (panels && s->n->grid.blocks > 0)
            run_panels(in, s, i);
        else if (s->n->grid.bands > 0)
            run_cells(in, s, i);
        else
            eval_block(s->n, s->args, s->results, block_of(s, i), in->key);
}

static void run_step(struct interp *in, const struct step *s)
{
    if (computes(in, s))
        run_blocks(in, s, 0, s->n->grid.blocks > 0 ? s->n->grid.blocks : 1);
}

/* Node after node; what nothing needs any longer is freed. */
static void run_in_order(struct interp *in, bool places)
{
    int *uses = allocate(in->p->next_id, sizeof *uses);
    memcpy(uses, in->uses, (size_t)in->p->next_id * sizeof *uses);
    for (int i = 0; i < in->step_count; i++) {
        const struct node *n = in->steps[i].n;
        for (int k = 0; k < n->result_count && n->op != OP_INPUT; k++)
            use_memory(in, &in->slots[n->results[k]->id], n->results[k], places);
        run_step(in, &in->steps[i]);
        for (int k = 0; k < n->arg_count && n->op != OP_RESULT; k++)
            if (!n->args[k]->tensor && --uses[n->args[k]->id] == 0)
                drop_memory(in, &in->slots[n->args[k]->id], n->args[k]);
    }
    free(uses);
}

/* Host doubles depend on inputs alone. */
static bool is_host(const struct node *n)
{
    return n->result_count == 1 && n->results[0]->type.elem == ELEM_DOUBLE;
}

/* Worker w of `workers` walks the phase [first, end); the first one also does what is not cut into
 * blocks. */
static void run_worker(struct interp *in, int first, int end, int w, int workers)
{
    for (int i = first; i < end; i++) {
        const struct step *s = &in->steps[i];
        int64_t blocks = s->n->grid.blocks;
        if (is_host(s->n) || !computes(in, s))
            continue;
        if (blocks > 0)
            run_blocks(in, s, (int)(blocks * w / workers), (int)(blocks * (w + 1) / workers));
        else if (w == 0)
            run_step(in, s);
    }
}

static void run_phases(struct interp *in, struct interp_mode mode)
{
    for (int i = 0; i < in->step_count; i++) {
        const struct node *n = in->steps[i].n;
        for (int k = 0; k < n->result_count && n->op != OP_INPUT; k++)
            use_memory(in, &in->slots[n->results[k]->id], n->results[k], mode.places);
        if (is_host(n))
            run_step(in, &in->steps[i]);
    }
    for (int first = 0, end; first < in->step_count; first = end + 1) {
        for (end = first; end < in->step_count && in->steps[end].n->op != OP_BARRIER; end++)
            ;
        for (int w = 0; w < mode.threads; w++)
            run_worker(in, first, end, mode.ascending ? w : mode.threads - 1 - w, mode.threads);
    }
}

/* Between tensors that are columns of another and that other: the world outside knows the columns. */
static void move_columns(struct interp *in, bool to_whole)
{
    for (int i = 0; i < in->tensors.count; i++) {
        const struct tensor *t = in->tensors.items[i].value->tensor;
        if (!t->whole)
            continue;
        const int64_t cols = t->value.type.shape.dim[1], all = t->whole->value.type.shape.dim[1];
        double *part = in->tensors.items[i].data,
               *whole = interp_tensor(in, t->whole->name, NULL) + t->col;
        for (int64_t k = 0; k < t->value.type.shape.dim[0] * cols; k++) {
            double *at = whole + k / cols * all + k % cols;
            *(to_whole ? at : &part[k]) = to_whole ? part[k] : *at;
        }
    }
}

static void begin_run(struct interp *in, bool places)
{
    in->failed = false;
    eval_bad_indices = 0;
    if (places)
        make_regions(in);
    move_columns(in, true);
    for (int i = 0; i < in->tensors.count; i++) {
        if (in->tensors.items[i].value->tensor->whole)
            continue;
        use_memory(in, &in->tensor_slots[i], in->tensors.items[i].value, places);
        copy_in(&in->tensor_slots[i], in->tensors.items[i].data);
    }
    for (int i = 0; i < in->inputs.count; i++) {
        struct slot *s = slot_of(in, in->inputs.items[i].value);
        use_memory(in, s, in->inputs.items[i].value, places);
        copy_in(s, in->inputs.items[i].data);
    }
}

/* The runtime reads results and tensors after the last node. */
static void end_run(struct interp *in)
{
    for (int i = 0; i < in->results.count; i++)
        copy_out(slot_of(in, in->results.items[i].value), in->results.items[i].data);
    for (int i = 0; i < in->tensors.count; i++) {
        if (in->tensors.items[i].value->tensor->whole)
            continue;
        copy_out(&in->tensor_slots[i], in->tensors.items[i].data);
        drop_memory(in, &in->tensor_slots[i], in->tensors.items[i].value);
    }
    move_columns(in, false);
    for (const struct node *n = in->p->first; n; n = n->next)
        for (int i = 0; i < n->result_count; i++)
            drop_memory(in, &in->slots[n->results[i]->id], n->results[i]);
    for (int r = 0; r < REGIONS; r++) {
        free(in->regions[r]);
        in->regions[r] = NULL;
    }
}

bool interp_run(struct interp *in, struct interp_mode mode)
{
    mode.places =
        mode.places || mode.threads > 0; /* only there is a part of a concat in the concat */
    begin_run(in, mode.places);
    if (mode.threads > 0)
        run_phases(in, mode);
    else
        run_in_order(in, mode.places);
    end_run(in);
    if (eval_bad_indices > 0)
        fprintf(stderr, "interp: %d indices are out of range\n", eval_bad_indices);
    return !in->failed && eval_bad_indices == 0;
}

/* The graph of a module for Graphviz: a cluster for each program, a box for each node that runs,
 * its layer as the colour's group; constants and views are left to the edges. */
#include "emit_files.h"
#include "emit_text.h"

static void put_node(const struct module *m, const char *program, const struct node *n,
                     struct buffer *out)
{
    const char *label = n->op == OP_CALL ? n->kernel->name : op_table[n->op].name;
    const char *type = n->result_count > 0 ? type_text(m->arena, n->results[0]->type) : "";
    const char *name = attr_name(n, "name");
    buffer_printf(out, "    %s_%d [label=\"%s%s%s\\n%s%s%s\"%s];\n", program, n->order, label,
                  name ? " " : "", name ? name : "", n->scope ? n->scope->name : "",
                  n->t >= 0 ? arena_printf(m->arena, " t=%d ", n->t) : " ", type,
                  n->part == PART_FORWARD    ? ""
                  : n->part == PART_BACKWARD ? ", color=blue"
                                             : ", color=red");
}

static void put_edges(const char *program, const struct node *n, struct buffer *out)
{
    for (int i = 0; i < n->arg_count; i++)
        if (n->args[i]->def)
            buffer_printf(out, "    %s_%d -> %s_%d;\n", program, n->args[i]->def->order, program,
                          n->order);
        else if (n->args[i]->tensor)
            buffer_printf(out, "    \"%s\" -> %s_%d [style=dotted];\n", n->args[i]->tensor->name,
                          program, n->order);
}

void put_dot(const struct module *m, struct buffer *out)
{
    buffer_printf(out, "digraph %s {\n  node [shape=box, fontname=monospace];\n", m->name);
    for (struct program *p = m->programs; p; p = p->next) {
        program_number(p);
        buffer_printf(out, "  subgraph cluster_%s {\n    label=\"%s\";\n", p->name, p->name);
        for (const struct node *n = p->first; n; n = n->next)
            if (n->op != OP_BARRIER)
                put_node(m, p->name, n, out);
        for (const struct node *n = p->first; n; n = n->next)
            put_edges(p->name, n, out);
        buffer_puts(out, "  }\n");
    }
    buffer_puts(out, "}\n");
}

#include "init.h"
#include "products.h"
#include "random.h"
#include <math.h>
#include <stdlib.h>

/* The tensor as a matrix. fan_in and fan_out are Keras's compute_fans for ranks 0 to 2. */
struct matrix {
    int64_t rows, columns;
    double fan_in, fan_out;
    uint32_t seed;
    double *values;
};

static double uniform(uint32_t seed, uint32_t stream, int64_t index, double low, double high)
{
    return low + (high - low) * random_uniform(seed, stream, (uint64_t)index);
}

static double value_uniform(const struct matrix *m, const struct lstmc_init *i, int64_t index)
{
    return uniform(m->seed, i->stream, index, i->a, i->b);
}

static double value_normal(const struct matrix *m, const struct lstmc_init *i, int64_t index)
{
    return i->a + i->b * random_normal(m->seed, i->stream, (uint64_t)index);
}

static double value_glorot(const struct matrix *m, const struct lstmc_init *i, int64_t index)
{
    double limit = sqrt(6 / (m->fan_in + m->fan_out));
    return uniform(m->seed, i->stream, index, -limit, limit);
}

/* Of the kinds whose values differ and do not depend on each other. */
static double (*const values_by_kind[])(const struct matrix *, const struct lstmc_init *,
                                        int64_t) = {
    [LSTMC_UNIFORM] = value_uniform,
    [LSTMC_NORMAL] = value_normal,
    [LSTMC_GLOROT_UNIFORM] = value_glorot,
    [LSTMC_ORTHOGONAL] = NULL,
};

static void fill_constant(const struct matrix *m, const struct lstmc_init *init)
{
    const double value = init->kind == LSTMC_ONES ? 1 : init->kind == LSTMC_CONSTANT ? init->a : 0;
    for (int64_t r = 0; r < m->rows; r++)
        for (int64_t c = init->start; c < init->stop; c++)
            m->values[r * m->columns + c] = value;
}

static void fill_each(const struct matrix *m, const struct lstmc_init *init)
{
    for (int64_t r = 0; r < m->rows; r++)
        for (int64_t c = init->start; c < init->stop; c++) {
            int64_t index = r * m->columns + c;
            m->values[index] = values_by_kind[init->kind](m, init, index);
        }
}

/* Keras: a normal matrix of shape (long side, short side), its QR decomposition, the columns of Q
 * times the signs of R's diagonal, transposed where the tensor has more columns than rows. */
static int fill_orthogonal(const struct matrix *m, const struct lstmc_init *init)
{
    int64_t width = init->stop - init->start;
    int tall = (int)(m->rows > width ? m->rows : width);
    int thin = (int)(m->rows > width ? width : m->rows);
    double *q = malloc(((size_t)tall + 1) * (size_t)thin * sizeof *q);
    if (!q)
        return -1;
    double *diagonal = q + (size_t)tall * (size_t)thin;
    for (int j = 0; j < thin; j++)
        for (int i = 0; i < tall; i++)
            q[(int64_t)j * tall + i] =
                random_normal(m->seed, init->stream, (uint64_t)((int64_t)i * thin + j));
    int status = products_qr(tall, thin, q, diagonal);
    for (int64_t r = 0; status == 0 && r < m->rows; r++)
        for (int64_t c = 0; c < width; c++) {
            int64_t i = m->rows < width ? c : r, j = m->rows < width ? r : c;
            double sign = diagonal[j] < 0 ? -1 : 1;
            m->values[r * m->columns + init->start + c] = init->a * sign * q[j * tall + i];
        }
    free(q);
    return status;
}

int init_tensor(const struct lstmc_tensor *t, uint32_t seed, double *values)
{
    struct matrix m = { 1, t->rank > 0 ? t->dims[t->rank - 1] : 1, 0, 0, seed, values };
    for (int i = 0; i + 1 < t->rank; i++)
        m.rows *= t->dims[i];
    m.fan_in = (double)(t->rank == 2 ? m.rows : m.columns);
    m.fan_out = (double)m.columns;
    int status = 0;
    for (int i = 0; i < t->init_count && status == 0; i++) {
        if (t->inits[i].kind == LSTMC_ORTHOGONAL)
            status = fill_orthogonal(&m, &t->inits[i]);
        else if (values_by_kind[t->inits[i].kind])
            fill_each(&m, &t->inits[i]);
        else
            fill_constant(&m, &t->inits[i]);
    }
    return status;
}

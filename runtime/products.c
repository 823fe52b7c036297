/* The only file that knows BLAS. The names are declared here: <cblas.h> is another file for each
 * BLAS that a system has installed, and libopenblas has LAPACK under its Fortran names only. */
#define _DEFAULT_SOURCE
#include "products.h"
#include "lstmc/model.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112 }; /* of CBLAS */

void cblas_sgemm(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a,
                 int lda, const float *b, int ldb, float beta, float *c, int ldc);
void cblas_dgemm(int order, int ta, int tb, int m, int n, int k, double alpha, const double *a,
                 int lda, const double *b, int ldb, double beta, double *c, int ldc);
void dgeqrf_(const int *m, const int *n, double *a, const int *lda, double *tau, double *work,
             const int *lwork, int *info);
void dorgqr_(const int *m, const int *n, const int *k, double *a, const int *lda, const double *tau,
             double *work, const int *lwork, int *info);
int openblas_get_parallel(void); /* 0: serial, 1: pthreads, 2: OpenMP */
void openblas_set_num_threads(int threads);
/* Ends OpenBLAS's own threads, which spin beside our workers for the first tenth of a second; the
 * serial build has none. */
__attribute__((weak)) int blas_thread_shutdown_(void);
char *openblas_get_config(void); /* "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ..." */
char *openblas_get_corename(void);

/* What OpenBLAS maps for each concurrent caller on x86-64, and some room. */
static const size_t bytes_per_caller = (size_t)136 << 20;

const char *products_prepare(int workers)
{
    if (workers > 1 && openblas_get_parallel() == 0)
        return "this OpenBLAS is the serial build, which returns wrong products to concurrent "
               "callers; install libopenblas0-pthread (or -openmp), or give --threads 1";
    size_t bytes = bytes_per_caller * (size_t)workers;
    void *trial = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (trial == MAP_FAILED)
        return "too little memory for the buffers of OpenBLAS (136 MB of address space a thread, "
               "hardly any of it used); raise `ulimit -v` or give fewer --threads";
    munmap(trial, bytes);
    openblas_set_num_threads(1);
    if (blas_thread_shutdown_)
        blas_thread_shutdown_();
    return NULL;
}

const char *products_name(void)
{
    static char name[128];
    const char *config = openblas_get_config();
    const char *version = strchr(config, ' ');
    int length = version ? (int)strcspn(version + 1, " ") : 0;
    snprintf(name, sizeof name, "OpenBLAS %.*s %s", length, version ? version + 1 : "",
             openblas_get_corename());
    return name;
}

void lstmc_product_f32(int ta, int tb, int m, int n, int k, const float *a, int lda, const float *b,
                       int ldb, float *c, int ldc)
{
    cblas_sgemm(ROW_MAJOR, ta ? TRANSPOSED : PLAIN, tb ? TRANSPOSED : PLAIN, m, n, k, 1, a, lda, b,
                ldb, 0, c, ldc);
}

void lstmc_product_f64(int ta, int tb, int m, int n, int k, const double *a, int lda,
                       const double *b, int ldb, double *c, int ldc)
{
    cblas_dgemm(ROW_MAJOR, ta ? TRANSPOSED : PLAIN, tb ? TRANSPOSED : PLAIN, m, n, k, 1, a, lda, b,
                ldb, 0, c, ldc);
}

int products_qr(int m, int n, double *a, double *diagonal)
{
    const int block = 64, lwork = n * block;
    int info;
    double *tau = malloc(((size_t)n + (size_t)lwork) * sizeof *tau);
    if (!tau)
        return -1;
    dgeqrf_(&m, &n, a, &m, tau, tau + n, &lwork, &info);
    for (int j = 0; j < n; j++)
        diagonal[j] = a[(size_t)j * (size_t)m + (size_t)j];
    dorgqr_(&m, &n, &n, a, &m, tau, tau + n, &lwork, &info);
    free(tau);
    return 0;
}

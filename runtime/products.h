/* OpenBLAS: matrix products for emitted programs, and the QR decomposition of the orthogonal
 * initialiser. */
#ifndef LSTMC_PRODUCTS_H
#define LSTMC_PRODUCTS_H

/* To be called once before the first product, with the number of workers that will call at the same
 * time. OpenBLAS itself runs at one thread from here on. Returns NULL, or why products cannot be
 * had: a build that is not safe for concurrent callers, or too little address space (OpenBLAS
 * 0.3.21 would wait for ever for its buffers). */
const char *products_prepare(int workers);
/* "OpenBLAS 0.3.21 Zen": the version and the kernels in use, on both of which bits depend. */
const char *products_name(void);
/* QR decomposition of the column-major m x n matrix a, m >= n: the columns of a become those of Q,
 * diagonal gets R's. 0, or -1 when memory is out. */
int products_qr(int m, int n, double *a, double *diagonal);
#endif

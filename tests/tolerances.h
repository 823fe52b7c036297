/* Every tolerance of the tests, with its reason. Scripts read it too, by name. */
#ifndef LSTMC_TOLERANCES_H
#define LSTMC_TOLERANCES_H

/* Gradients in float32 against PyTorch in float64, relative L2 of a tensor: 11 to 50 steps of
 * products of up to 300 terms round to about 3e-7; the limit is the acceptance of the first
 * step. */
#define TOLERANCE_GRADIENT 2e-6

/* The same in float64, where only the order of sums differs. */
#define TOLERANCE_GRADIENT_FLOAT64 1e-11

/* Loss of each of 100 updates against Keras 3.15 in float32. Keras takes Adam's 1 - 0.999^t in
 * float32, which moves its losses by up to 5.2e-6 from those of a double-precision reference;
 * with that rounding modelled they agree to 1e-6. */
#define TOLERANCE_KERAS_LOSS 1e-5

/* The same against the reference in double: our bias correction is taken in double. */
#define TOLERANCE_DOUBLE_LOSS 3e-6

/* The interpreter, in double, before and after a rewrite: only the order of sums differs. */
#define TOLERANCE_REWRITE 1e-12

/* Analytic against central differences in double; the step of 1e-5 leaves about 1e-9. */
#define TOLERANCE_DIFFERENCES 1e-6

/* Weights and states after 20 updates, relative L2 of a tensor: the library's LSTM against one typed
 * anew, which adds in another order. 2e-7 came of it. */
#define TOLERANCE_TWIN 2e-6

/* Gradients of a mixed model against float32's: each operand of a large product is off by up to
 * 2^-9, at random; over 12 to 50 steps that came to 2e-3 near the initial weights and 6e-3 after
 * 1,000 updates of the tutorial. */
#define TOLERANCE_MIXED_GRADIENT 2e-2

/* Those of its kinds of arithmetic against each other: sums that differ in the last bit may be
 * rounded to the other side. */
#define TOLERANCE_MIXED_KINDS 2e-3

/* Its training loss against float32's, the mean of some updates: the acceptance of mixed
 * precision. */
#define TOLERANCE_MIXED_LOSS 0.01

/* Its module in the interpreter, whose places hold a bfloat16 as a float: 4e-8 came of it. */
#define TOLERANCE_MIXED_PLACES 1e-6
#endif

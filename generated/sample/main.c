/* sample/main.c: written by lstmc 0.1 from the spec of model "sample".
 * Do not edit; change the spec and run lstmc again.
 * model   LSTM 2 > Dense 37 softmax, float32, batch 4, steps 3
 * cost    0.001 MFLOP forward, 0.003 MFLOP an update; 431 parameters; work 4.03 kB
 */
#define SAMPLE_INTERNAL
#include "sample.h"

int main(int argc, char **argv)
{
    return lstmc_main(&sample_model, argc, argv);
}

/* Propagation as a scenario states it.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/scenario_propagation.h"

void scenario_propagation_params(
        const struct scenario *scenario, struct propagation_params *propagation)
{
    const struct scenario_propagation *p = &scenario->propagation;
    *propagation = (struct propagation_params){
        .model = (enum propagation_model)p->model,
        .preset = (enum path_loss_preset)p->preset,
        .environment = (enum propagation_environment)p->environment,
        .frequency_mhz = 868.0,
        .exponent = p->exponent,
        .reference_loss_db = p->reference_loss_db,
        .reference_distance_m = p->reference_distance_m,
        .exponent_far = p->exponent_far,
        .breakpoint_m = p->breakpoint_m,
        .shadowing_sigma_db = p->shadowing_sigma_db,
        .shadowing_correlation_m = p->shadowing_correlation_m,
        .shadowing_site_correlation = p->shadowing_site_correlation,
    };
}

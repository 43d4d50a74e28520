/* What each model is told, from a scenario.
 * SPDX-License-Identifier: MIT
 */
#include "world/world_params.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "scenario/scenario_propagation.h"

static int32_t mdb(double db)
{
    return (int32_t)lround(db * 1000.0);
}

static struct sensitivity_table sensitivity_of(const struct scenario_sensitivity *sensitivity)
{
    if (sensitivity->table >= 0) {
        return *sensitivity_table((enum sensitivity_table_name)sensitivity->table);
    }
    struct sensitivity_table table = { 0 };
    for (uint32_t i = 0; i < 6; i++) {
        table.mdbm[0][i + 1] = mdb(sensitivity->level_dbm[i]); /* from SF7 on, at 125 kHz */
    }
    return table;
}

static void reception_params_of(
        const struct scenario_reception *r, struct reception_params *reception)
{
    *reception = (struct reception_params){
        .capture_db = r->capture_db,
        .device_noise_figure_db = r->device.noise_figure_db,
        .gateway_noise_figure_db = r->gateway.noise_figure_db,
        .device_noise_rise_db = r->device.noise_rise_db,
        .gateway_noise_rise_db = r->gateway.noise_rise_db,
        .errors = (enum reception_errors)r->errors,
        .interference = (enum interference_model)r->interference,
        .overlap = (enum overlap_rule)r->overlap,
        .timing = (enum capture_timing)r->timing,
        .device_sensitivity = sensitivity_of(&r->device.sensitivity),
        .gateway_sensitivity = sensitivity_of(&r->gateway.sensitivity),
    };
}

void world_medium_params(const struct scenario *scenario, struct world_medium_params *medium)
{
    medium->params = (struct medium_params){
        .fading = {
            .model = (enum fading_model)scenario->propagation.fading,
            .rician_k_db = scenario->propagation.rician_k_db,
            .coherence_ns = scenario->propagation.coherence_ns,
        },
        .interferers = medium->interferers,
        .interferer_count = scenario->interferer_count,
    };
    scenario_propagation_params(scenario, &medium->params.propagation);
    reception_params_of(&scenario->reception, &medium->params.reception);
    for (uint32_t i = 0; i < scenario->interferer_count; i++) {
        const struct scenario_interferer *s = &scenario->interferers[i];
        medium->interferers[i] = (struct interferer_params){
            .frequency_hz = (uint32_t)lround(s->frequency_hz),
            .bandwidth_hz = (uint32_t)lround(s->bandwidth_hz),
            .eirp_mdbm = mdb(s->power_dbm),
            .x_m = s->x_m,
            .y_m = s->y_m,
            .height_m = s->height_m,
            .mean_on_ns = s->on_ns,
            .mean_off_ns = s->off_ns,
            .statistics = (enum interferer_statistics)s->statistics,
        };
    }
}

/* spec-physics section 6: pulses to 10..100 ns, NTP hosts to 1..50 ms. assumed: a clock that nobody
 * sets was set by hand, to a second. */
static sim_ns clock_error_ns(const struct scenario_gateways *g)
{
    static const sim_ns usual_ns[] = {
        [GATEWAY_CLOCK_FREE] = SIM_NS_PER_S,
        [GATEWAY_CLOCK_NTP] = 10 * SIM_NS_PER_MS,
        [GATEWAY_CLOCK_GNSS] = 50,
    };
    return g->clock_error_ns < 0 ? usual_ns[g->clock_source] : g->clock_error_ns;
}

void world_gateway_params(const struct scenario *scenario, struct gateway_outage *outages,
        struct gateway_params *params)
{
    const struct scenario_gateways *g = &scenario->gateways;
    struct channel_plan plan;
    bool fits = channel_plan_of(scenario, &plan);
    assert(fits); /* scenarios are checked for it */
    for (uint32_t i = 0; i < g->outage_count; i++) {
        const struct scenario_outage *o = &g->outages[i];
        outages[i] = (struct gateway_outage){
            .gateway = o->gateway < 0 ? GATEWAY_ALL : (uint32_t)o->gateway,
            .kind = (enum gateway_outage_kind)o->kind,
            .from_ns = o->from_ns,
            .duration_ns = o->duration_ns,
            .every_ns = o->every_ns,
        };
    }
    *params = (struct gateway_params){
        .demodulators = (uint16_t)g->demodulators,
        .channel_count = (uint8_t)plan.count,
        .backhaul_latency_ns = g->backhaul_latency_ns,
        .backhaul_jitter_ns = g->backhaul_jitter_ns,
        .backhaul_law = (enum gateway_jitter_law)g->backhaul_law,
        .backhaul_loss = g->backhaul_loss,
        .gnss = g->clock_source == GATEWAY_CLOCK_GNSS,
        .clock = {
            .source = (enum gateway_clock_source)g->clock_source,
            .error_ns = clock_error_ns(g),
            .drift_ppb = (uint32_t)lround(g->clock_drift_ppm * 1000.0),
        },
        .downlink_crc = g->downlink_crc,
        .beacons = g->beacons,
        .outages = outages,
        .outage_count = g->outage_count,
        .antenna_gain_mdb = mdb(g->antenna_gain_db),
        .duty_window_s = 3600.0, /* ETSI EN 300 220: on-time within any hour */
    };
    memcpy(params->channel_hz, plan.hz, sizeof params->channel_hz);
}

void world_network_params(const struct scenario *scenario, struct network_params *params)
{
    struct channel_plan plan;
    channel_plan_of(scenario, &plan);
    *params = (struct network_params){
        .net_id = 0x000013, /* type 0, NwkID 0x13: The Things Network's, as in the vectors */
        .rx1_delay_s = 1,   /* RP002 default */
        .rx2_data_rate = (uint8_t)scenario->network.rx2_data_rate,
        .rx2_frequency_hz = 869525000u,
        .deduplication_ns = 200 * SIM_NS_PER_MS, /* spec-physics 6: servers wait 100-250 ms */
        .duty_share = scenario->campaign.duty_share,
        .extra_channel_count = plan.extra_count,
        .adr = {
            .on = scenario->network.adr,
            .margin_mdb = mdb(scenario->network.adr_margin_db),
            .nb_trans = scenario->network.adr_nb_trans,
        },
        .dev_status_period_ns = scenario->network.dev_status_period_ns,
        .no_device_time = !scenario->network.device_time,
    };
    memcpy(params->extra_channel_hz, plan.extra_hz, sizeof params->extra_channel_hz);
}

void world_campaign_params(const struct scenario *scenario, struct campaign_params *params)
{
    const struct scenario_campaign *c = &scenario->campaign;
    *params = (struct campaign_params){
        .start_ns = c->start_ns,
        .set_up_policy = (enum campaign_set_up_policy)c->set_up_policy,
        .set_up_window_ns = c->set_up_window_ns,
        .data_rate = (uint8_t)c->data_rate,
        .frequency_hz = (uint32_t)c->frequency_hz,
        .fragment_size_bytes = (uint8_t)c->fragment_size_bytes,
        .redundancy = c->redundancy,
        .correction = (enum campaign_correction)c->correction_policy,
        .correction_timeout_ns = c->correction_timeout_ns,
        .block_ack_delay = (uint8_t)c->block_ack_delay,
        .fragmentation_version = (uint8_t)c->fragmentation_version,
        .gateways = (enum multicast_policy)c->gateways,
        .block_mic = c->verify_block_mic,
        .confirm_timeout_ns = c->confirm_timeout_ns,
        .group_delete = c->group_delete,
    };
}

void world_foreign_params(const struct scenario *scenario, struct foreign_params *params)
{
    const struct scenario_foreign *f = &scenario->foreign;
    struct channel_plan plan;
    channel_plan_of(scenario, &plan);
    *params = (struct foreign_params){
        .period_ns = f->period_ns,
        .payload_min = (uint8_t)f->payload_bytes,
        .payload_max = (uint8_t)f->payload_bytes,
        .channel_count = (uint8_t)plan.count,
        .power_mdbm = 14000, /* EIRP; most devices radiate no more */
        .duty_cycle = 0.01,  /* ETSI EN 300 220-2, 865..868.6 MHz */
        .nwk_id = 0x01,      /* not ours */
    };
    memcpy(params->channel_hz, plan.hz, sizeof params->channel_hz);
    for (uint32_t i = 0; i < FOREIGN_DATA_RATES; i++) {
        bool mixed = f->data_rate == 0;
        params->data_rate_share[i] = mixed || f->data_rate == (int)i + 1 ? 1.0 : 0.0;
    }
}

/* Servers as bundles of policies: each sets the defaults of keys of a campaign.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/server_presets.h"

#include <assert.h>
#include <stddef.h>

#include "scenario/param.h"
#include "scenario/scenario_keys.h"

const char *const server_preset_names[SERVER_PRESET_COUNT + 1] = { "fleetcast", "chirpstack-v4",
    "chirpstack-v4-before-910", "actility-rounds", "aws", NULL };

/* NULL: the key's own default. */
struct preset_key {
    const char *path;
    const char *values[SERVER_PRESET_COUNT];
};

/* clang-format off */
static const struct preset_key keys[] = {
    /* key, fleetcast, chirpstack-v4, chirpstack-v4-before-910, actility-rounds, aws */
    { "set_up.policy", { NULL, "one-per-uplink", "one-per-uplink", NULL, NULL } },
    { "set_up.order", { NULL, "fragmentation-first", "fragmentation-first", NULL, NULL } },
    { "set_up.tries", { NULL, "3", "3", NULL, NULL } },
    { "set_up.numbers", { NULL, "zero", "zero", NULL, NULL } },
    { "set_up.session_cnt", { NULL, "command", "command", NULL, NULL } },
    { "fragmentation_version", { NULL, NULL, NULL, NULL, "1" } },
    { "verify", { NULL, NULL, NULL, NULL, "signature" } },
    { "redundancy", { NULL, NULL, NULL, "0", NULL } },
    { "correction.policy", { NULL, "fixed", "fixed", "rounds", "fixed" } },
    { "correction.threshold", { NULL, NULL, NULL, "95 %", NULL } },
    { "gateways", { NULL, "delayed", "delayed", NULL, NULL } },
    { "interval", { NULL, "5 s", "5 s", NULL, NULL } },
    { "granularity", { NULL, NULL, NULL, NULL, "1 s" } },
    { "periods", { NULL, "1", "1", NULL, "1" } },
    { "time_out", { NULL, "by-interval", "by-interval", NULL, NULL } },
    { "receipts", { NULL, "none", "none", NULL, NULL } },
    { "status_tries", { NULL, "1", "1", NULL, NULL } },
    { "install.policy", { NULL, NULL, NULL, "agreed-time", NULL } },
    { "mic_descriptor", { NULL, NULL, "zero", NULL, NULL } },
};
/* clang-format on */

static const struct param_rows *const sections[] = { &campaign_rows };
static const struct param_table table = { sections, 1, NULL, 0 };

void server_preset_apply(struct scenario_campaign *campaign, const struct scenario_places *places)
{
    struct scenario_errors *errors = scenario_errors_create(); /* stays empty: the table is right */
    assert(campaign->server >= 0 && campaign->server < SERVER_PRESET_COUNT && errors != NULL);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *value = keys[i].values[campaign->server];
        if (value == NULL) {
            continue;
        }
        const struct param *row = param_table_find(&table, keys[i].path);
        assert(row != NULL);
        if (scenario_places_find(places, (const char *)campaign + row->offset) == NULL) {
            bool ok = param_set(row, campaign, "campaign.", value,
                    (struct scenario_place){ "server", 0, 0 }, errors);
            assert(ok);
            (void)ok;
        }
    }
    scenario_errors_destroy(errors);
}

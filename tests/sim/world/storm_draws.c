/* What a storm draws: keys of the scenario storm-and-heal, by the number of the fleet.
 * SPDX-License-Identifier: MIT
 */
#include "storm_draws.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "random_stream.h"

/* A value that is a build of tests/models/firmware. */
#define BUILD "@"

/* How long flash is rewritten; the first value is not at all. */
#define REWRITES "adversaries.1.duration"

/* Between two keys that are drawn together, and between their values. */
#define BESIDE '|'

/* A key with a `*` is one of both campaigns. Values are alike often; one that is to be drawn more
 * often stands more than once. Rows are drawn by their numbers: a new one comes last. */
static const struct row {
    const char *key;
    const char *values[STORM_WORDS_MAX];
} rows[] = {
    { "devices.0.count", { "8", "12", "16", "24" } },
    { "devices.0.rtc.tolerance", { "10 ppm", "40 ppm", "100 ppm" } },
    { "devices.0.data_rate", { "link-check", "link-check", "DR3", "by-link" } },
    { "devices.0.trial", { "1 h", "4 h", "24 h" } },
    { "devices.0.defences.counter_window", { "0", "16" } },
    { "devices.0.defences.fragment_table", { "false", "false", "true" } },
    { "area.radius", { "300 m", "600 m", "900 m" } },
    { "gateways.count", { "1", "2", "3" } },
    { "gateways.backhaul.loss", { "0 %", "2 %", "10 %" } },
    { "firmware.size", { "1 KiB", "3 KiB", "6 KiB" } },
    { "firmware.encryption", { "off", "on" } },
    { "firmware.delivery", { "full", "full", "delta" } },
    { "firmware.builds.0.build",
            { "built-in", "built-in", "built-in", "built-in", BUILD "never_joins",
                    BUILD "never_answered", BUILD "crashes_at_start", BUILD "crashes_later" } },
    { "campaigns.0.firmware.version", { "2.0.0", "2.0.0", "2.0.0", "1.0.0" } }, /* refused */
    { "campaigns.0.firmware.base", { "earlier", "earlier", "same" } }, /* with delta: a wrong one */
    { "campaigns.0.firmware.hardware", { "device", "device", "device", "device", "device", "7" } },
    { "campaigns.*.verify",
            { "[block-mic, signature]", "[signature]", "[checksum, signature]",
                    "[server-mic-crc64, signature]", "[server-mic-sha256, signature]" } },
    { "campaigns.*.install.policy", { "at-once", "at-once", "common-time", "agreed-time" } },
    { "campaigns.0.install.after", { "8 h", "16 h", "34 h" } },
    { "campaigns.1.install.after", { "12 h", "20 h" } },
    { "campaigns.*.delivery_timeout", { "20 h" } },
    { "campaigns.0.delivery", { "multicast", "multicast", "multicast", "unicast" } },
    { "campaigns.1.delivery", { "multicast", "multicast", "multicast", "unicast" } },
    { "campaigns.0.correction.policy", { "adaptive", "until-reported", "fixed", "rounds" } },
    { "campaigns.0.correction.period", { "same", "second" } },
    { "campaigns.1.correction.period", { "same", "second" } },
    { "campaigns.0.correction.unicast_below", { "0", "0", "5" } },
    { "campaigns.0.set_up.policy", { "chained", "one-per-uplink" } },
    { "campaigns.0.set_up.versions", { "known", "ask" } },
    { "campaigns.0.fragment_size", { "auto", "48 B" } },
    { "campaigns.0.sessions", { "one", "one", "per-data-rate" } },
    { "campaigns.0.redundancy", { "5 %", "20 %", "50 %" } },
    { "campaigns.0.retries", { "0", "1", "2" } },
    { "campaigns.0.retry_pause", { "1 h", "8 h" } },
    { "campaigns.0.wave_size", { "0", "0", "8" } },
    { "campaigns.1.wave_size", { "0", "0", "6" } },
    { "campaigns.0.defences.fragment_table", { "0", "0", "2" } },
    { "campaigns.0.group_delete", { "false", "true" } },
    { "campaigns.0.stop_at", { "never", "never", "never", "never", "7 h", "20 h" } },
    { "faults.0.rate", { "1 /d", "8 /d", "40 /d" } },
    { "faults.1.rate", { "1 /d", "8 /d", "40 /d" } },
    { "faults.1.duration", { "1 s", "5 min", "1 h" } },
    { "faults.2.rate", { "1 /d", "12 /d", "60 /d" } },
    { "faults.2.flash.operation", { "1", "5", "20", "50" } },
    { "faults.2.flash.torn", { "true", "false" } },
    { "faults.3.rate", { "1 /d", "10 /d", "50 /d" } },
    { "faults.4.rate", { "1 /d", "10 /d", "50 /d" } },
    { "faults.5.loss", { "10 %", "50 %", "90 %" } },
    { "faults.6.rate", { "1 /d", "20 /d", "80 /d" } },
    { "faults.7.rate", { "1 /d", "20 /d", "80 /d" } },
    { "faults.8.flash.bit_errors", { "0.0000001", "0.000001", "0.00001", "0.0001" } },
    { "faults.9.flash.bit_errors", { "0.00000001", "0.0000001", "0.000001" } },
    { "faults.10.charge", { "0.2 %", "1 %", "3 %", "5 %" } },
    { "faults.11.rate", { "0.1 /d", "2 /d", "12 /d" } },
    { "faults.11.duration", { "1 s", "5 min", "2 h" } },
    { "adversaries.0.kind", { "replay-uplinks", "replay-uplinks", "replay-set-up", "replay-set-up",
                                    "inject", "collide", "counter-jump", "status-storm" } },
    { "adversaries.0.duration", { "1 s", "12 h", "24 h" } },
    { "adversaries.1.every", { "30 min", "2 h", "20 h" } },
    { REWRITES, { "1 s", "1 s", "24 h" } },
    { "adversaries.2.duration", { "1 s", "1 s", "1 s", "24 h" } },
    { "devices.0.board", { "stm32l072-sx1276", "stm32l072-sx1276", "stm32l476-sx1276" } },
    { "campaigns.0.pause_at|campaigns.0.resume_at",
            { "never|never", "never|never", "2.5 h|6 h", "5 h|6 h", "6.5 h|7 h" } },
    { "campaigns.1.pause_at|campaigns.1.resume_at",
            { "never|never", "never|never", "33 h|38 h", "40.5 h|50 h" } },
};
#define ROWS (sizeof rows / sizeof rows[0])
_Static_assert(ROWS <= STORM_ROWS_MAX, "rows of the tally");

static void add_set(struct storm_draw *draw, const char *key, int star, const char *value)
{
    char number[2] = { (char)star, '\0' };
    const char *mark = strchr(key, '*'), *folder = getenv("FLEETCAST_BUILD");
    int before = mark != NULL ? (int)(mark - key) : (int)strlen(key);
    bool is_build = value[0] == BUILD[0];
    cr_assert_lt(draw->set_count, STORM_SETS_MAX);
    cr_assert(!is_build || folder != NULL, "FLEETCAST_BUILD is not set: run by meson test");
    char *text = draw->text[draw->set_count];
    int size = snprintf(text, STORM_SET_SIZE, "%.*s%s%s=%s%s%s%s", before, key,
            mark != NULL ? number : "", mark != NULL ? mark + 1 : "", is_build ? folder : "",
            is_build ? "/tests/models/firmware/firmware_" : "", is_build ? value + 1 : value,
            is_build ? ".so" : "");
    cr_assert(size > 0 && size < (int)STORM_SET_SIZE, "%s", text);
    draw->set[draw->set_count++] = text;
}

static void add_row(struct storm_draw *draw, const struct row *row, const char *value)
{
    const char *second_key = strchr(row->key, BESIDE), *second = strchr(value, BESIDE);
    cr_assert_eq(second_key == NULL, second == NULL, "%s", row->key);
    if (second != NULL) {
        char key[STORM_SET_SIZE], first[STORM_SET_SIZE];
        snprintf(key, sizeof key, "%.*s", (int)(second_key - row->key), row->key);
        snprintf(first, sizeof first, "%.*s", (int)(second - value), value);
        add_set(draw, key, '0', first);
        add_set(draw, second_key + 1, '0', second + 1);
        return;
    }
    add_set(draw, row->key, '0', value);
    if (strchr(row->key, '*') != NULL) {
        add_set(draw, row->key, '1', value);
    }
}

void storm_draw(struct storm_draw *draw, uint32_t seed, struct storm_tally *tally)
{
    *draw = (struct storm_draw){ .seed = seed, .set_count = 1 };
    snprintf(draw->text[0], STORM_SET_SIZE, "seed=%u", seed);
    draw->set[0] = draw->text[0];
    bool fails = false;
    for (uint32_t i = 0; i < ROWS; i++) {
        uint32_t word[4], count = 0;
        while (count < STORM_WORDS_MAX && rows[i].values[count] != NULL) {
            count++;
        }
        random_block(seed, i, RANDOM_TEST, 0, word);
        /* Once its saved image is rewritten by hand, a device with one that fails has none. */
        bool calm = fails && strcmp(rows[i].key, REWRITES) == 0;
        uint32_t value = calm ? 0 : word[0] % count;
        fails = fails || rows[i].values[value][0] == BUILD[0];
        tally->count[i][value]++;
        add_row(draw, &rows[i], rows[i].values[value]);
    }
}

void storm_print_command(const struct storm_draw *draw, FILE *out)
{
    fprintf(out, "fleetcast run scenarios/storm-and-heal.yaml --seed %u", draw->seed);
    for (uint32_t i = 1; i < draw->set_count; i++) {
        fprintf(out, " --set '%s'", draw->set[i]);
    }
    fprintf(out, "\n");
}

/* Of a value that stands more than once, at its first place. */
static uint32_t times_drawn(const struct storm_tally *tally, uint32_t row, uint32_t value)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < STORM_WORDS_MAX && rows[row].values[i] != NULL; i++) {
        bool same = strcmp(rows[row].values[i], rows[row].values[value]) == 0;
        if (same && i < value) {
            return 0;
        }
        sum += same ? tally->count[row][i] : 0;
    }
    return sum;
}

void storm_print_tally(const struct storm_tally *tally, FILE *out)
{
    for (uint32_t row = 0; row < ROWS; row++) {
        fprintf(out, "  %s:", rows[row].key);
        for (uint32_t i = 0; i < STORM_WORDS_MAX && rows[row].values[i] != NULL; i++) {
            const char *value = rows[row].values[i];
            uint32_t times = times_drawn(tally, row, i);
            if (times > 0) {
                fprintf(out, " %s x %u,", value[0] == BUILD[0] ? value + 1 : value, times);
            }
        }
        fprintf(out, "\n");
    }
}

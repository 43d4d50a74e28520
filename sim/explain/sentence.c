/* Observations as plain sentences: one table of kinds, filled in by one table of fields.
 * SPDX-License-Identifier: MIT
 */
#include "explain/sentence.h"

#include <inttypes.h>
#include <string.h>

#include "gateway/gateway.h"
#include "hal.h"
#include "network/lorawan.h"
#include "network/network.h"
#include "trace.h"

/* --- the sentences ---------------------------------------------------------------------------- */

struct sentence {
    bool of_story;
    const char *text; /* NULL: no sentence of its own */
};

/* {x} is the number x of the observation, {x:field} the same as a row of fields[] writes it. */
static const struct sentence by_kind[OBSERVATION_KIND_COUNT] = {
    [OBSERVE_FRAME_STARTED] = { false, "begins to send {a:frame} with {c:power}" },
    [OBSERVE_FRAME_ENDED] = { false, "ends {a:frame}" },
    [OBSERVE_FRAME_RECEIVED] = { false, "receives {a:frame} at {b:power}, SNR {c:decibel}" },
    [OBSERVE_FRAME_LOST] = { false, "loses {a:frame}: {b:loss}" },
    [OBSERVE_GATEWAY_RECEIVED] = { false, "receives {a:frame} at {b:power}, SNR {c:decibel}" },
    [OBSERVE_GATEWAY_LOST] = { false, "loses {a:frame}: {b:loss}" },
    [OBSERVE_GATEWAY_TX] = { false, "answers a request to send: {b:sent}" },
    [OBSERVE_FIRMWARE] = { false, "states trace event {a} with {b} and {c}" },
    [OBSERVE_FIRMWARE_PANIC] = { true, "stops at a broken assertion in line {a} of its firmware" },
    [OBSERVE_GUEST_ERROR] = { true,
            "breaks a rule of the radio's datasheet at register {b} (severity {a})" },
    [OBSERVE_NODE_RESET] = { true, "starts: {a:reset}" },
    [OBSERVE_DUTY_VIOLATION] = { true, "exceeds the duty cycle of sub-band {a} by {b} us" },
    [OBSERVE_NETWORK_JOIN] = { false, "answers the join of {a:device} with DevNonce {c}" },
    [OBSERVE_NETWORK_UPLINK] = { false, "takes uplink {b} of {a:device} on FPort {c}" },
    [OBSERVE_NETWORK_DOWNLINK] = { false, "has sent downlink {b} to device or group {a}" },
    [OBSERVE_NETWORK_DROP] = { true, "drops an uplink of {a:device}: {b:drop}" },
    [OBSERVE_CAMPAIGN_STAGE] = { true, "notes of {a:device}: {b:stage}{c:round}" },
    [OBSERVE_CAMPAIGN_FRAGMENT] = { false, "sent fragment {a} by gateway {b} under McFCnt {c}" },
    [OBSERVE_CAMPAIGN_PHASE] = { false, "goes on to the phase '{a:phase}'" },
    [OBSERVE_FIRMWARE_FAULT] = { true, "stops by a hard fault of its firmware" },
    [OBSERVE_CAMPAIGN_GROUP_RESTART] = { true,
            "sets up the group of McAddr {b:hex} again after {c:silence}: it has McAddr {a:hex} "
            "and "
            "another key from now on, McGroupID and SessionCnt stay; {c:called}" },
};

/* Of a trace event, b and c are its a and b (device/trace.h). */
static const struct sentence by_trace[FW_TRACE_COUNT] = {
    [FW_TRACE_BOOTED] = { true, "runs version {c:version}" },
    [FW_TRACE_JOIN_REQUESTED] = { false, "asks to join at DR{c} with DevNonce {b}" },
    [FW_TRACE_JOINED] = { false, "has joined as DevAddr {b:hex}" },
    [FW_TRACE_UPLINK] = { false, "sends uplink {b} at {c:rate}" },
    [FW_TRACE_UPLINK_HELD] = { false, "holds an uplink back for a session ({c} so far)" },
    [FW_TRACE_DOWNLINK] = { false, "takes downlink {b} on {c:port}" },
    [FW_TRACE_MULTICAST] = { false, "takes multicast frame {b} of group {c}" },
    [FW_TRACE_BAD_MIC] = { false, "drops frame {c} of {b:hex}: its MIC is wrong" },
    [FW_TRACE_COUNTER_REJECTED] = { false, "drops frame {c} of {b:hex}: its counter is not new" },
    [FW_TRACE_FRAME_DROPPED] = { false, "drops a frame (reason {b}, MHDR {c:hex})" },
    [FW_TRACE_CLOCK_SET] = { true, "sets its clock {b:correction} ({c:source})" },
    [FW_TRACE_GROUP_SET_UP] = { true, "has multicast group {c} with McAddr {b:hex}" },
    [FW_TRACE_SESSION_ARMED] = { true, "waits for a session of group {c} at GPS time {b} s" },
    [FW_TRACE_SESSION_OPENED] = { true, "opens the session of group {b}" },
    [FW_TRACE_SESSION_CLOSED] = { true, "closes the session of group {b}{c:timeout}" },
    [FW_TRACE_FRAG_SET_UP] = { true, "is set up for {b} fragments of {c:size}" },
    [FW_TRACE_FRAGMENT_STORED] = { false, "stores fragment {b}; {c} are missing" },
    [FW_TRACE_FRAGMENT_DUPLICATE] = { false, "has fragment {b} already" },
    [FW_TRACE_FRAGMENT_CODED] = { false, "uses coded fragment {b}; {c} stay unknown" },
    [FW_TRACE_FRAGMENT_USELESS] = { false, "learns nothing of coded fragment {b}" },
    [FW_TRACE_FRAG_FROZEN] = { true,
            "receives the first coded fragment; {b} of {c} fragments are missing" },
    [FW_TRACE_FRAG_COMPLETE] = { true, "has the whole block; it decoded {c} of {b} fragments" },
    [FW_TRACE_BLOCK_MIC] = { true, "checks the MIC of the block: {b:good}" },
    [FW_TRACE_BLOCK_ACKNOWLEDGED] = { true, "learns that the server knows of its block" },
    [FW_TRACE_DELTA_STARTED] = { true,
            "begins to make {b} bytes of code from a patch; {c} of them are made already" },
    [FW_TRACE_DELTA_BUILT] = { true, "has made {b} bytes of code from a patch of {c} bytes" },
    [FW_TRACE_COPY_STARTED] = { true,
            "begins to copy {b} bytes of code into its slot; {c} of them are there already" },
    [FW_TRACE_COPIED] = { true, "has copied {b} bytes of code into its slot" },
    [FW_TRACE_IMAGE_VERIFIED] = { true, "verifies image {c:version}: {b:update}" },
    [FW_TRACE_INSTALL_STARTED] = { true, "restarts to install version {b:version}" },
    [FW_TRACE_INSTALLED] = { true, "has installed version {b:version}" },
    [FW_TRACE_FETCH_STARTED] = { true, "fetches the block by itself; {b} fragments are missing" },
    [FW_TRACE_FETCH_GIVEN_UP] = { true,
            "stops asking for the block after {c} requests without an answer; {b} fragments are "
            "missing" },
    [FW_TRACE_FEC_MEMORY] = { true,
            "cannot decode: {b} fragments more are missing than its memory holds" },
    [FW_TRACE_RADIO_RX_START] = { false, "opens its receiver at DR{c}" },
    [FW_TRACE_EXCHANGE_ENDED] = { false, "ends an exchange after {b} transmissions" },
    [FW_TRACE_REPORT_PLANNED] = { false, "plans its next report {b:span}" },
    [FW_TRACE_PROOF_ASKED] = { true, "asks the server about the {b:hash} of its block" },
    [FW_TRACE_REBOOT_PLANNED] = { true, "plans a reboot, as the server wants it" },
    [FW_TRACE_REBOOT_CANCELLED] = { true, "plans no reboot any more, as the server wants it" },
    [FW_TRACE_IMAGE_DELETED] = { true, "deletes the image that waits for a reboot" },
    [FW_TRACE_PROOF_ANSWERED] = { true, "learns about the {c:hash} of its block: {b:proof}" },
    [FW_TRACE_FRAGMENT_HASHES] = { false, "takes {c} hashes of fragments from {b} on" },
    [FW_TRACE_FRAGMENT_FORGED] = { true, "refuses fragment {b}: its hash is another one" },
    [FW_TRACE_IMAGE_SAVED] = { true, "has saved version {b:version}, which runs" },
    [FW_TRACE_TRIAL_RUNS] = { true, "tests version {b:version}; {c} s are left to confirm it" },
    [FW_TRACE_IMAGE_CONFIRMED] = { true, "confirms version {b:version}: it has been answered" },
    [FW_TRACE_IMAGE_GIVEN_UP] = { true, "gives version {b:version} up: {c:trial}" },
    [FW_TRACE_REVERT_STARTED] = { true, "puts version {b:version} back" },
    [FW_TRACE_REVERTED] = { true, "has version {b:version} back" },
};

/* --- the fields ------------------------------------------------------------------------------- */

struct sentence_view {
    const struct world *world;
    const struct happening *happening;
    FILE *out;
};

static const char *type_text(const struct happening_frame *frame)
{
    switch ((enum lorawan_ftype)frame->type) {
    case LORAWAN_JOIN_REQUEST:
        return "a JoinRequest";
    case LORAWAN_JOIN_ACCEPT:
        return "a JoinAccept";
    case LORAWAN_UNCONFIRMED_UP:
    case LORAWAN_CONFIRMED_UP:
        return "uplink";
    case LORAWAN_UNCONFIRMED_DOWN:
    case LORAWAN_CONFIRMED_DOWN:
        return "downlink";
    case LORAWAN_RFU:
    case LORAWAN_PROPRIETARY:
    default:
        return "a beacon or another frame";
    }
}

static void write_frame(const struct sentence_view *view, int64_t value)
{
    const struct happening_frame *frame = &view->happening->frame;
    if (frame->sender == 0) {
        fprintf(view->out, "frame %" PRIu32 " of ", (uint32_t)value);
        entity_write(view->world, (entity_id)((uint64_t)value >> 32), view->out);
        return;
    }
    fputs(type_text(frame), view->out);
    if (frame->type >= LORAWAN_UNCONFIRMED_UP && frame->type <= LORAWAN_CONFIRMED_DOWN) {
        fprintf(view->out, " %u", frame->fcnt);
        if (frame->fport >= 0) {
            fprintf(view->out, " on FPort %d", frame->fport);
        }
    }
    if (frame->sender != view->happening->entity) {
        fputs(" of ", view->out);
        entity_write(view->world, frame->sender, view->out);
    }
    fprintf(view->out, " (%u bytes, SF%u, %.4g MHz)", frame->size, frame->spreading_factor,
            frame->frequency_hz / 1e6);
}

static void write_power(const struct sentence_view *view, int64_t value)
{
    fprintf(view->out, "%.1f dBm", (double)value / 1000.0);
}

static void write_decibel(const struct sentence_view *view, int64_t value)
{
    fprintf(view->out, "%.1f dB", (double)value / 1000.0);
}

static void write_loss(const struct sentence_view *view, int64_t value)
{
    if (value >= 0 && value < LOSS_CAUSE_COUNT) {
        fputs(loss_meaning((enum loss_cause)value), view->out);
    }
}

static void write_sent(const struct sentence_view *view, int64_t value)
{
    if (value >= 0 && value < GATEWAY_TX_RESULT_COUNT) {
        fputs(gateway_tx_result_name((enum gateway_tx_result)value), view->out);
    }
}

static const char *const reset_words[] = { [HAL_RESET_POWER_ON] = "its power came on",
    [HAL_RESET_PIN] = "it was reset by its pin",
    [HAL_RESET_SOFTWARE] = "its firmware restarted it",
    [HAL_RESET_WATCHDOG] = "its watchdog reset it",
    [HAL_RESET_BROWNOUT] = "its supply voltage had fallen" };

static const char *const drop_words[] = { [NETWORK_DROP_MALFORMED] = "it is malformed",
    [NETWORK_DROP_UNKNOWN_DEVICE] = "its device is unknown",
    [NETWORK_DROP_BAD_MIC] = "its MIC is wrong",
    [NETWORK_DROP_REPLAYED] = "its counter is not new",
    [NETWORK_DROP_DEV_NONCE] = "its DevNonce is not new",
    [NETWORK_DROP_NO_ROOM] = "the server has no room for it",
    [NETWORK_DROP_COPY] = "it is a repetition",
    [NETWORK_DROP_EXCESS] = "it is repeated too often or too late",
    [NETWORK_DROP_SESSION] = "its session has ended" };

static const char *const stage_words[] = { [CAMPAIGN_WAITING] = "waiting for an uplink",
    [CAMPAIGN_CONTACTED] = "first command sent",
    [CAMPAIGN_GROUP_SET_UP] = "group and session are set up",
    [CAMPAIGN_READY] = "ready for fragments",
    [CAMPAIGN_COMPLETE] = "it reported the whole block",
    [CAMPAIGN_AUTHENTICATED] = "its block is authentic, and acknowledged",
    [CAMPAIGN_CONFIRMED] = "confirmed, it reports the new version" };

/* Of OBSERVE_CAMPAIGN_STAGE; the first round and the first wave go without saying. */
static void write_round(const struct sentence_view *view, int64_t value)
{
    uint32_t round = (uint32_t)((uint64_t)value >> 32), wave = (uint32_t)value >> 16;
    if (round > 0) {
        fprintf(view->out, ", in round %" PRIu32, round + 1);
    }
    if (wave > 0) {
        fprintf(view->out, ", in wave %" PRIu32, wave + 1);
    }
}

static void write_counted(const struct sentence_view *view, uint32_t count, const char *what)
{
    fprintf(view->out, "%" PRIu32 " %s%s", count, what, count == 1 ? "" : "s");
}

/* Of OBSERVE_CAMPAIGN_GROUP_RESTART, as the next one. */
static void write_silence(const struct sentence_view *view, int64_t value)
{
    write_counted(view, (uint32_t)value >> 16, "round");
    fputs(" without an answer", view->out);
}

static void write_called(const struct sentence_view *view, int64_t value)
{
    write_counted(view, (uint32_t)((uint64_t)value >> 32), "device");
    fputs(" will be told so", view->out);
}

static void write_phase(const struct sentence_view *view, int64_t value)
{
    fputs(campaign_phase_name((enum campaign_phase)value), view->out);
}

static void write_device(const struct sentence_view *view, int64_t value)
{
    fprintf(view->out, "device %" PRId64, value);
}

static void write_version(const struct sentence_view *view, int64_t value)
{
    uint32_t version = (uint32_t)value;
    fprintf(view->out, "%u.%u.%u", version >> 24, version >> 16 & 0xFFu, version & 0xFFFFu);
}

static void write_hex(const struct sentence_view *view, int64_t value)
{
    fprintf(view->out, "%" PRIX32, (uint32_t)value);
}

static void write_rate(const struct sentence_view *view, int64_t value)
{
    fprintf(view->out, "DR%" PRId64 " on FPort %" PRId64, value & 0xFF, value >> 8);
}

static void write_port(const struct sentence_view *view, int64_t value)
{
    fprintf(view->out, "FPort %" PRId64 " in window %" PRId64, value >> 8, value & 0xFF);
}

/* Signed, of 32 bits; 0 as well when there was no time that could be corrected. */
static void write_correction(const struct sentence_view *view, int64_t value)
{
    int32_t ms = (int32_t)value;
    if (ms == 0) {
        fputs("for the first time since it started, or by less than 1 ms", view->out);
    } else {
        fprintf(view->out, "by %+.3f s", ms / 1000.0);
    }
}

static const char *const source_words[] = { "DeviceTimeAns", "AppTimeAns" };

static void write_timeout(const struct sentence_view *view, int64_t value)
{
    fputs(value != 0 ? ": it timed out" : "", view->out);
}

static void write_size(const struct sentence_view *view, int64_t value)
{
    fprintf(view->out, "%" PRId64 " bytes", value >> 8);
}

/* Signed, of 32 bits, in 1/32 s. */
static void write_span(const struct sentence_view *view, int64_t value)
{
    if ((int32_t)value == INT32_MAX) {
        fputs("never", view->out);
    } else {
        fprintf(view->out, "in %.2f s", (int32_t)value / 32.0);
    }
}

static void write_good(const struct sentence_view *view, int64_t value)
{
    fputs(value != 0 ? "good" : "wrong", view->out);
}

static const char *const hash_words[] = { "CRC-64", "SHA-256" };

static const char *const proof_words[] = { "rejected", "accepted", "accepted, with a wrong MIC" };

/* In the order of update_status (device/update/update.h). */
static const char *const update_words[] = { "there is none", "not finished", "its header is wrong",
    "it is for other hardware", "its version is not newer", "its digest is wrong",
    "its signature is wrong", "valid", "refused when it was to be installed", "its code is damaged",
    "the server did not send its block", "it was reverted",
    "it changes another image than the one that runs", "no image could be made of it",
    "it was reverted, as it heard no network" };

/* In the order of trial_end (device/update/trial.h). */
static const char *const trial_words[] = { "the test goes on", "no answer came in time",
    "it crashed too often", "it started too often", "it is damaged", "it sent nothing in time",
    "it heard no network in time" };

#define WORDS(words) NULL, words, sizeof(words) / sizeof((words)[0])

/* A field is written by a function, or is one of the words of a value. */
static const struct field {
    const char *name;
    void (*write)(const struct sentence_view *view, int64_t value);
    const char *const *words;
    size_t count;
} fields[] = {
    { "frame", write_frame, NULL, 0 },
    { "power", write_power, NULL, 0 },
    { "decibel", write_decibel, NULL, 0 },
    { "loss", write_loss, NULL, 0 },
    { "sent", write_sent, NULL, 0 },
    { "reset", WORDS(reset_words) },
    { "drop", WORDS(drop_words) },
    { "stage", WORDS(stage_words) },
    { "round", write_round, NULL, 0 },
    { "silence", write_silence, NULL, 0 },
    { "called", write_called, NULL, 0 },
    { "phase", write_phase, NULL, 0 },
    { "device", write_device, NULL, 0 },
    { "version", write_version, NULL, 0 },
    { "hex", write_hex, NULL, 0 },
    { "rate", write_rate, NULL, 0 },
    { "port", write_port, NULL, 0 },
    { "correction", write_correction, NULL, 0 },
    { "source", WORDS(source_words) },
    { "timeout", write_timeout, NULL, 0 },
    { "size", write_size, NULL, 0 },
    { "span", write_span, NULL, 0 },
    { "good", write_good, NULL, 0 },
    { "update", WORDS(update_words) },
    { "hash", WORDS(hash_words) },
    { "proof", WORDS(proof_words) },
    { "trial", WORDS(trial_words) },
};

/* --- writing ---------------------------------------------------------------------------------- */

static void write_value(const struct sentence_view *view, const struct field *field, int64_t value)
{
    if (field->write != NULL) {
        field->write(view, value);
    } else if (value >= 0 && (uint64_t)value < field->count && field->words[value] != NULL) {
        fputs(field->words[value], view->out);
    } else {
        fprintf(view->out, "%" PRId64, value);
    }
}

/* `text` begins at a field, "{a:name}"; returns what follows it. */
static const char *write_field(const struct sentence_view *view, const char *text)
{
    const struct happening *h = view->happening;
    const char *name = text + (text[2] == ':' ? 3 : 2), *end = strchr(text, '}');
    int64_t value = text[1] == 'a' ? h->a : text[1] == 'b' ? h->b : h->c;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (strlen(fields[i].name) == (size_t)(end - name)
                && strncmp(fields[i].name, name, (size_t)(end - name)) == 0) {
            write_value(view, &fields[i], value);
            return end + 1;
        }
    }
    fprintf(view->out, "%" PRId64, value);
    return end + 1;
}

static bool has_trace(const struct happening *h)
{
    return h->kind == OBSERVE_FIRMWARE && h->a >= 0 && h->a < FW_TRACE_COUNT
           && by_trace[h->a].text != NULL;
}

static const struct sentence *sentence_of(const struct happening *h)
{
    return has_trace(h) ? &by_trace[h->a] : &by_kind[h->kind];
}

void sentence_write(const struct world *world, const struct happening *h, FILE *out)
{
    const struct sentence_view view = { world, h, out };
    const char *text = sentence_of(h)->text;
    while (*text != '\0') {
        if (*text == '{') {
            text = write_field(&view, text);
        } else {
            fputc(*text++, out);
        }
    }
}

const char *sentence_name(const struct happening *h)
{
    static const char *const kinds[] = {
#define X(name, layer, a, b, c) [OBSERVE_##name] = #name,
        OBSERVATION_KINDS(X)
#undef X
    };
    static const char *const traces[] = {
#define X(name, a, b) [FW_TRACE_##name] = #name,
        FW_TRACE_EVENTS(X)
#undef X
    };
    return has_trace(h) ? traces[h->a] : kinds[h->kind];
}

bool sentence_is_of_story(const struct happening *h)
{
    return sentence_of(h)->of_story;
}

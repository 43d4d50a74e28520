/* The mean course of a fleet's set-up and of delivery by unicast.
 * SPDX-License-Identifier: MIT
 *
 * Members report once a period. `waiting` holds how many wait for which command, by the step of the
 * period in which they report. Those that fetch are told apart by how many requests in a row had no
 * answer, which sets the pause before the next one.
 */
#include "campaign/fleet_course.h"

#include <assert.h>
#include <math.h>

#define HOUR_S       3600.0
#define STEP_LEAST_S 10.0
#define PHASES_MAX   512u
#define SLOTS_MAX    360u
/* Steps that a course is to take at most, as far as airtime decides, and a bound for all. */
#define STEPS_WANTED 20000.0
#define STEPS_MAX    100000u
/* A member waits for one of its commands, or is ready and waits to be told to fetch. */
#define STAGES (FLEET_COURSE_COMMANDS_MAX + 1u)
/* Requests without an answer: 12.5 s, 25 s ... an hour. */
#define PAUSES      10u
#define PAUSE_MAX_S 4500.0
/* The server takes a member for silent where it pauses for longer (models/campaign). */
#define SILENT_S 600.0
/* After an answer that was refused, so many are brief. */
#define BRIEF_ANSWERS 8.0
/* Of rates that act on each other. */
#define MEAN_S 60.0
/* Parts of the block by which those that fetch are told apart. */
#define PARTS 32u
/* A count of members only approaches its end: the last member has come where this much is left, and
 * sums are whole where this share is. */
#define LAST_MEMBER 0.5
#define WHOLE_SHARE 0.995

struct state {
    const struct fleet_course_input *input;
    double step_s;
    uint32_t step, phases, slots;
    double waiting[STAGES][PHASES_MAX];
    double paused[PAUSES]; /* members that fetch, by requests in a row without an answer */
    double parts[PARTS];   /* the same members, by when they began */
    uint32_t part;         /* that is over next */
    double progress;       /* of it, 0..1 */
    double ready_count;    /* members */
    double fetched_count;
    double spent_s[COURSE_WINDOWS][SLOTS_MAX]; /* airtime by step of the last hour */
    double hour_s[COURSE_WINDOWS];             /* its sum */
    double brief;                              /* share of answers */
    /* means of about a minute */
    double busy;      /* share of its time that a gateway sends */
    double sent_rate; /* frames of a gateway, 1/s */
    double rate;      /* of uplinks, 1/s */
};

/* Downlinks asked for in a step, and the share that leaves in each window. */
struct demand {
    double asked_s[COURSE_WINDOWS];
    double share[COURSE_WINDOWS];
    double sent;
};

/* --- windows ---------------------------------------------------------------------------------- */

static bool fits(const struct course_frame *frame, enum course_window window)
{
    return frame->airtime_s[window] > 0.0;
}

/* A gateway refuses a frame that meets an earlier one of its queue; all that hear the device have
 * to. Of two that meet, it takes the one that was asked for first. */
static double free_share(const struct state *state, double airtime_s)
{
    assert(airtime_s > 0.0);
    double taken = (state->busy + state->sent_rate * airtime_s) / 2.0;
    return 1.0 - pow(fmin(taken, 1.0), state->input->hearing);
}

static void ask(const struct state *state, struct demand *demand, enum course_window window,
        const struct course_frame *frame, double count)
{
    if (window == COURSE_RX2 && fits(frame, COURSE_RX1)) {
        count *= 1.0 - demand->share[COURSE_RX1] * free_share(state, frame->airtime_s[COURSE_RX1]);
    }
    demand->asked_s[window] += count * frame->airtime_s[window];
}

static void settle(const struct state *state, struct demand *demand, enum course_window window)
{
    assert(state->hour_s[window] > -1.0);
    const struct fleet_course_input *input = state->input;
    double budget_s = input->duty_cycle[window] * HOUR_S * input->gateways;
    double left_s = fmax(budget_s - state->hour_s[window], 0.0);
    double asked_s = demand->asked_s[window];
    demand->share[window] = asked_s > left_s ? left_s / asked_s : 1.0;
}

/* Share of frames that some gateway sends; where there are two windows, `windows` tells them apart.
 */
static double sent_share(const struct state *state, const struct demand *demand,
        const struct course_frame *frame, double windows[COURSE_WINDOWS])
{
    assert(demand->share[COURSE_RX1] <= 1.0 && demand->share[COURSE_RX2] <= 1.0);
    double left = 1.0;
    for (unsigned i = 0; i < COURSE_WINDOWS; i++) {
        windows[i] = fits(frame, i)
                             ? left * demand->share[i] * free_share(state, frame->airtime_s[i])
                             : 0.0;
        left -= windows[i];
    }
    return 1.0 - left;
}

/* Counts what is sent of `count` frames. The share that is. */
static double send(struct state *state, struct demand *demand, const struct course_frame *frame,
        double count, double airtime_s[COURSE_WINDOWS])
{
    double windows[COURSE_WINDOWS];
    double share = sent_share(state, demand, frame, windows);
    for (unsigned i = 0; i < COURSE_WINDOWS; i++) {
        double sent_s = count * windows[i] * frame->airtime_s[i];
        airtime_s[i] += sent_s;
        state->spent_s[i][state->step % state->slots] += sent_s;
    }
    demand->sent += count * share;
    return share;
}

/* --- uplinks ---------------------------------------------------------------------------------- */

/* Share of uplinks that a gateway receives, of one among `active` members: not lost by the link,
 * not met by another one on its channel (pure ALOHA), and not all gateways that hear it send
 * meanwhile. A member does not meet its own frames. */
static double heard_among(const struct state *state, double active)
{
    assert(state->input->loss < 1.0 && state->input->channel_count > 0.0);
    const struct fleet_course_input *input = state->input;
    double others = 1.0 - 1.0 / fmax(active, 1.0);
    double deaf = fmin(others * (state->busy + state->sent_rate * input->uplink_s), 1.0);
    /* Within reach of the same gateways. */
    double near = others * state->rate * input->hearing / input->gateways;
    double load = near * input->uplink_s / input->channel_count;
    return (1.0 - input->loss) * (1.0 - pow(deaf, input->hearing)) * exp(-2.0 * load);
}

static double heard(const struct state *state)
{
    return heard_among(state, state->input->members);
}

/* --- requests --------------------------------------------------------------------------------- */

static double pause_s(const struct state *state, uint32_t unanswered)
{
    assert(unanswered < PAUSES);
    const struct fleet_course_input *input = state->input;
    return unanswered == 0 ? input->request_gap_s
                           : fmin(ldexp(input->repeat_s, (int)unanswered - 1), PAUSE_MAX_S);
}

static double sum(const double *values, uint32_t count)
{
    double total = 0.0;
    for (uint32_t i = 0; i < count; i++) {
        total += values[i];
    }
    return total;
}

/* Places for members that are told to fetch. */
static double places(const struct state *state)
{
    double busy = 0.0;
    for (uint32_t i = 0; i < PAUSES; i++) {
        busy += pause_s(state, i) < SILENT_S ? state->paused[i] : 0.0;
    }
    return fmax(state->input->fetches_max - busy, 0.0);
}

/* Requests of members with so many unanswered ones, in a step. */
static double requests_of(const struct state *state, uint32_t unanswered)
{
    assert(unanswered < PAUSES && state->step_s > 0.0);
    double gap_s = pause_s(state, unanswered);
    double most = unanswered == 0 ? state->step_s / gap_s : -expm1(-state->step_s / gap_s);
    return state->paused[unanswered] * most;
}

/* Most of what gateways send is for members that fetch. */
static double heard_request(const struct state *state)
{
    return heard_among(state, fmin(sum(state->parts, PARTS), state->input->fetches_max));
}

/* After a full answer that was refused the next ones are brief. */
static void follow_brief_share(struct state *state, const struct demand *demand)
{
    double windows[COURSE_WINDOWS];
    double refused = 1.0 - sent_share(state, demand, &state->input->full, windows);
    double aim = BRIEF_ANSWERS * refused / (1.0 + BRIEF_ANSWERS * refused);
    double answers = state->step_s / state->input->request_gap_s;
    state->brief += (aim - state->brief) * fmin(answers / BRIEF_ANSWERS, 1.0);
}

/* Members that have received `fragments` more, each as many. */
static void add_fragments(struct state *state, double fragments)
{
    assert(fragments >= 0.0 && state->input->fragments > 0);
    double active = sum(state->parts, PARTS);
    if (active <= 0.0) {
        return;
    }
    state->progress += fragments / active * PARTS / state->input->fragments;
    while (state->progress >= 1.0) {
        double done = state->parts[state->part];
        double rest = active > done ? (active - done) / active : 0.0;
        for (uint32_t i = 0; i < PAUSES; i++) {
            state->paused[i] *= rest;
        }
        state->fetched_count += done;
        state->parts[state->part] = 0.0;
        active -= done;
        state->part = (state->part + 1u) % PARTS;
        state->progress -= 1.0;
    }
}

static void begin_fetching(struct state *state, double members)
{
    assert(members >= 0.0 && state->part < PARTS);
    state->paused[0] += members;
    state->parts[(state->part + PARTS - 1u) % PARTS] += members;
}

/* All requests of a step: answered ones go on at once, others after a longer pause. */
static void fetch(struct state *state, struct demand *demand, struct fleet_course *course)
{
    const struct fleet_course_input *input = state->input;
    double next[PAUSES] = { 0 };
    double brief = state->brief, hears = heard_request(state);
    double fragments = 0.0;
    follow_brief_share(state, demand);
    for (uint32_t i = 0; i < PAUSES; i++) {
        double requests = requests_of(state, i);
        double received = requests * hears;
        double sent_full = send(
                state, demand, &input->full, received * (1.0 - brief), course->fetch_airtime_s);
        double sent_brief =
                send(state, demand, &input->brief, received * brief, course->fetch_airtime_s);
        double sent = (1.0 - brief) * sent_full + brief * sent_brief;
        double answered = hears * sent * (1.0 - input->loss);
        fragments += received * (1.0 - input->loss)
                     * ((1.0 - brief) * sent_full * input->full.fragments
                             + brief * sent_brief * input->brief.fragments);
        course->requests += requests;
        /* Several requests of a member in one step: until one has no answer. */
        double members = state->paused[i];
        double tries = members > 0.0 ? requests / members : 0.0;
        double fails =
                i == 0 ? members * (1.0 - pow(answered, tries)) : requests * (1.0 - answered);
        double resets = i == 0 ? 0.0 : requests * answered;
        next[0] += resets;
        next[i] += members - fails - resets;
        next[i + 1u < PAUSES ? i + 1u : i] += fails;
    }
    for (uint32_t i = 0; i < PAUSES; i++) {
        state->paused[i] = next[i];
    }
    add_fragments(state, fragments);
}

/* --- reports ---------------------------------------------------------------------------------- */

/* The command that a stage waits for. */
static const struct course_frame *awaited(const struct state *state, uint32_t stage)
{
    const struct fleet_course_input *input = state->input;
    assert(stage <= input->commands);
    return stage < input->commands ? &input->command[stage] : &input->ask;
}

/* What reports of this step ask for in a window, where all of it is sent. */
static void ask_for_reports(
        const struct state *state, struct demand *demand, enum course_window window, uint32_t phase)
{
    const struct fleet_course_input *input = state->input;
    double hears = heard(state), chained = 0.0;
    for (uint32_t stage = 0; stage < input->commands; stage++) {
        double count = state->waiting[stage][phase] * hears + chained;
        ask(state, demand, window, awaited(state, stage), count);
        chained = input->chained ? count * hears / (1.0 - input->loss) : 0.0;
    }
    if (input->fragments > 0) {
        double count = fmin(state->waiting[input->commands][phase] * hears, places(state));
        ask(state, demand, window, &input->ask, count);
    }
}

/* Of `count` members in a stage, as many as get their command and are heard to answer. What links
 * lose is lost by few members, and most of it again and again: in a chain it counts once, with its
 * first command. */
static double advance(struct state *state, struct demand *demand, uint32_t stage, double count)
{
    bool chained = state->input->chained;
    double airtime_s[COURSE_WINDOWS] = { 0 };
    double sent = send(state, demand, awaited(state, stage), count, airtime_s);
    double received = chained && stage > 0 ? 1.0 : 1.0 - state->input->loss;
    double answers = chained ? heard(state) / (1.0 - state->input->loss) : heard(state);
    return count * sent * received * answers;
}

/* Members that are ready are told to fetch: those that answered at this moment, and those that
 * waited for a place. */
static void tell_to_fetch(struct state *state, struct demand *demand, uint32_t phase, double ready)
{
    assert(ready >= 0.0 && phase < state->phases);
    uint32_t stage = state->input->commands;
    double told = fmin(state->waiting[stage][phase] * heard(state) + ready, places(state));
    double airtime_s[COURSE_WINDOWS] = { 0 };
    told *= send(state, demand, &state->input->ask, told, airtime_s) * (1.0 - state->input->loss);
    state->waiting[stage][phase] += ready - told;
    begin_fetching(state, told);
}

/* Members that report in this step. */
static void report(struct state *state, struct demand *demand, uint32_t phase)
{
    assert(phase < state->phases);
    const struct fleet_course_input *input = state->input;
    double here[STAGES];
    for (uint32_t stage = 0; stage < STAGES; stage++) {
        here[stage] = state->waiting[stage][phase];
    }
    double passed = 0.0;
    for (uint32_t stage = 0; stage < input->commands; stage++) {
        double arrived = passed;
        double count = here[stage] * heard(state) + (input->chained ? arrived : 0.0);
        passed = advance(state, demand, stage, count);
        state->waiting[stage][phase] += arrived - passed;
        state->ready_count += stage + 1u == input->ready_after ? passed : 0.0;
    }
    if (input->fragments > 0) {
        tell_to_fetch(state, demand, phase, passed);
    }
    /* Those that fell silent are asked for at their reports, and fetch again. */
    for (uint32_t i = 1; i < PAUSES; i++) {
        if (pause_s(state, i) >= SILENT_S) {
            double woken = state->paused[i] * fmin(state->step_s / input->report_period_s, 1.0)
                           * heard(state) * demand->share[COURSE_RX2];
            state->paused[i] -= woken;
            state->paused[0] += woken;
        }
    }
}

/* --- all -------------------------------------------------------------------------------------- */

/* How long all downlinks take at least, in the windows that carry most. */
static double needed_s(const struct fleet_course_input *input)
{
    assert(input->duty_cycle[COURSE_RX1] + input->duty_cycle[COURSE_RX2] > 0.0);
    double airtime_s = 0.0, duty_cycle = 0.0;
    for (uint32_t i = 0; i < input->commands; i++) {
        airtime_s += fmax(
                input->command[i].airtime_s[COURSE_RX1], input->command[i].airtime_s[COURSE_RX2]);
    }
    if (input->fragments > 0) {
        airtime_s += (double)input->fragments / input->full.fragments
                     * fmax(input->full.airtime_s[COURSE_RX1], input->full.airtime_s[COURSE_RX2]);
    }
    for (unsigned i = 0; i < COURSE_WINDOWS; i++) {
        duty_cycle += input->duty_cycle[i];
    }
    return input->members * airtime_s / (duty_cycle * input->gateways);
}

static void set_steps(struct state *state)
{
    const struct fleet_course_input *input = state->input;
    double period_s = input->report_period_s;
    double step_s = fmax(STEP_LEAST_S, fmax(period_s / PHASES_MAX, needed_s(input) / STEPS_WANTED));
    state->phases = (uint32_t)fmax(floor(period_s / step_s), 1.0);
    state->step_s = fmax(period_s / state->phases, step_s);
    state->slots = (uint32_t)fmax(round(HOUR_S / state->step_s), 1.0);
    assert(state->phases <= PHASES_MAX && state->slots <= SLOTS_MAX);
    for (uint32_t i = 0; i < state->phases; i++) {
        state->waiting[0][i] = input->members / state->phases;
    }
}

static void follow(const struct state *state, double *mean, double value)
{
    *mean += (value - *mean) * fmin(state->step_s / MEAN_S, 1.0);
}

static void play_step(struct state *state, struct fleet_course *course)
{
    const struct fleet_course_input *input = state->input;
    struct demand demand = { .share = { 1.0, 1.0 } };
    uint32_t phase = state->step % state->phases, slot = state->step % state->slots;
    for (unsigned i = 0; i < COURSE_WINDOWS; i++) {
        state->hour_s[i] -= state->spent_s[i][slot];
        state->spent_s[i][slot] = 0.0;
    }
    double brief = state->brief, hears = heard_request(state), requests = 0.0;
    for (uint32_t i = 0; i < PAUSES && input->fragments > 0; i++) {
        requests += hears * requests_of(state, i);
    }
    for (unsigned i = 0; i < COURSE_WINDOWS; i++) {
        ask_for_reports(state, &demand, i, phase);
        ask(state, &demand, i, &input->full, requests * (1.0 - brief));
        ask(state, &demand, i, &input->brief, requests * brief);
        settle(state, &demand, i);
    }
    double rate = input->members / input->report_period_s;
    report(state, &demand, phase);
    if (input->fragments > 0) {
        rate += requests / state->step_s;
        fetch(state, &demand, course);
    }
    double sent_s = 0.0;
    for (unsigned i = 0; i < COURSE_WINDOWS; i++) {
        state->hour_s[i] += state->spent_s[i][slot];
        sent_s += state->spent_s[i][slot];
    }
    double gateway_steps = state->step_s * input->gateways;
    follow(state, &state->busy, fmin(sent_s / gateway_steps, 1.0));
    follow(state, &state->sent_rate, demand.sent / gateway_steps);
    follow(state, &state->rate, rate);
}

/* When a count that is `count` now has all but the last half of a member: the first such time. */
static void note_last(const struct state *state, double count, double *at_s)
{
    if (count < state->input->members - LAST_MEMBER) {
        *at_s = (state->step + 1u) * state->step_s;
    }
}

static bool is_over(const struct state *state)
{
    const struct fleet_course_input *input = state->input;
    double whole = fmax(input->members - LAST_MEMBER, WHOLE_SHARE * input->members);
    return state->step >= STEPS_MAX
           || (state->ready_count >= whole
                   && (input->fragments == 0 || state->fetched_count >= whole));
}

void fleet_course_make(const struct fleet_course_input *input, struct fleet_course *course)
{
    assert(input->members >= 1.0 && input->gateways >= 1.0 && input->report_period_s > 0.0);
    assert(input->commands >= 1 && input->commands <= FLEET_COURSE_COMMANDS_MAX);
    struct state state = { .input = input };
    *course = (struct fleet_course){ 0 };
    set_steps(&state);
    double waits_s = 0.0;
    while (!is_over(&state)) {
        play_step(&state, course);
        waits_s += (input->members - state.ready_count) * state.step_s;
        note_last(&state, state.ready_count, &course->set_up_last_s);
        note_last(&state, state.fetched_count, &course->fetched_s);
        state.step++;
    }
    double exchanges_s = (input->chained ? input->ready_after : 1.0) * input->exchange_s;
    /* Those that report in a step are spread over it. */
    course->set_up_s = waits_s / input->members + state.step_s / 2.0 + exchanges_s;
    course->set_up_last_s += exchanges_s;
    course->requests /= input->members;
}

/* The selected device: from what it is to what happened to it last.
 * SPDX-License-Identifier: MIT
 */
#include "view/panel_device.h"

#include <math.h>
#include <stdio.h>

#include "view/format.h"
#include "view/fragment_bitmap.h"
#include "view/mark_colour.h"

#define BITMAP_HEIGHT 120.0f

static void format_version(char *text, size_t size, uint32_t version)
{
    if (version == 0) {
        snprintf(text, size, "-");
    } else {
        snprintf(text, size, "%u.%u.%u", version >> 24, version >> 16 & 0xff, version & 0xffff);
    }
}

static void format_address(char *text, size_t size, uint32_t address)
{
    if (address == 0) {
        snprintf(text, size, "-");
    } else {
        snprintf(text, size, "%08X", address);
    }
}

static void draw_identity(const struct scene_detail *detail, struct column *column)
{
    char eui[2 * sizeof detail->dev_eui + 1], address[2][FORMAT_MAX];
    for (size_t i = 0; i < sizeof detail->dev_eui; i++) {
        snprintf(eui + 2 * i, sizeof eui - 2 * i, "%02X", detail->dev_eui[i]);
    }
    format_address(address[0], sizeof address[0], detail->dev_addr);
    format_address(address[1], sizeof address[1], detail->mc_addr);
    column_pair(column, "group", detail->group);
    column_pair(column, "firmware", detail->firmware);
    column_pair(column, "DevEUI", eui);
    column_pairs(column, (const char *const[]){ "DevAddr", "McAddr" },
            (const char *const[]){ address[0], address[1] });
}

static const char *text_or_dash(const char *text)
{
    return text != NULL ? text : "-";
}

static void draw_delivery(const struct scene_detail *detail, struct column *column)
{
    column_pairs(column, (const char *const[]){ "delivery", "block" },
            (const char *const[]){ text_or_dash(detail->delivery), text_or_dash(detail->form) });
    column_pairs(column, (const char *const[]){ "proof", "reboot" },
            (const char *const[]){ text_or_dash(detail->proof), text_or_dash(detail->reboot) });
}

static void draw_stage(const struct view *view, const struct scene_device *device,
        const char *failure, struct column *column)
{
    struct colour colour = mark_colour_of_stage(view->theme, device->stage);
    struct box mark = { column->x, column->y + 2.0f, 10.0f, 10.0f };
    char line[96];
    bool failed = device->stage == SCENE_STAGE_FAILED;
    snprintf(line, sizeof line, "%s%s%s%s", scene_stage_word(device->stage), failed ? ": " : "",
            failed ? failure : "", device->faults > 0 ? "; was given faults by hand" : "");
    canvas_fill(column->canvas, mark, colour);
    column->x += 16.0f;
    column->width -= 16.0f;
    column_text(column, column->theme->text, line);
    column->x -= 16.0f;
    column->width += 16.0f;
}

static void draw_reception(
        const struct scene_device *device, const struct scene_detail *detail, struct column *column)
{
    char text[4][FORMAT_MAX], at[FORMAT_MAX], line[2 * FORMAT_MAX];
    format_level(text[0], sizeof text[0], detail->rssi_dbm, "dBm");
    format_level(text[1], sizeof text[1], detail->snr_db, "dB");
    format_level(text[2], sizeof text[2], device->margin_db, "dB");
    format_level(text[3], sizeof text[3], device->clock_error_ms, "ms");
    column_pairs(column, (const char *const[]){ "RSSI", "SNR" },
            (const char *const[]){ text[0], text[1] });
    column_pairs(column, (const char *const[]){ "margin", "RTC error" },
            (const char *const[]){ text[2], text[3] });
    if (!isnan(detail->rssi_dbm)) {
        format_time(at, sizeof at, device->last_ns);
        snprintf(line, sizeof line, "%s, %s", loss_cause_name(detail->last_cause), at);
        column_pair(column, "last downlink", line);
    }
}

static void draw_radio(const struct scene_detail *detail, struct column *column)
{
    static const char *const states[SX1276_POWER_COUNT] = {
        [SX1276_POWER_RESET] = "in reset",
        [SX1276_POWER_SLEEP] = "sleep",
        [SX1276_POWER_STANDBY] = "standby",
        [SX1276_POWER_FS] = "frequency synthesis",
        [SX1276_POWER_TX] = "transmitting",
        [SX1276_POWER_RX] = "receiving",
        [SX1276_POWER_CAD] = "channel activity detection",
    };
    column_pair(column, "state", states[detail->radio]);
    for (unsigned i = 0; i < detail->register_count; i += 2) {
        const char *names[2] = { NULL, NULL }, *values[2];
        char text[2][FORMAT_MAX];
        for (unsigned side = 0; side < 2 && i + side < detail->register_count; side++) {
            snprintf(text[side], sizeof text[side], "%02X: %02X",
                    detail->registers[i + side].address, detail->registers[i + side].value);
            names[side] = detail->registers[i + side].name;
            values[side] = text[side];
        }
        column_pairs(column, names, values);
    }
}

static void draw_fragments(
        const struct view *view, const struct scene_detail *detail, struct column *column)
{
    uint32_t counts[FRAGMENT_STATE_COUNT] = { 0 };
    char line[128];
    for (uint32_t i = 0; i < detail->fragment_count; i++) {
        counts[detail->fragments[i].state]++;
    }
    snprintf(line, sizeof line, "%u received, %u lost, %u recovered, %u not sent",
            counts[FRAGMENT_STATE_RECEIVED], counts[FRAGMENT_STATE_LOST],
            counts[FRAGMENT_STATE_RECOVERED], counts[FRAGMENT_STATE_NOT_SENT]);
    column_text(column, column->theme->text, line);
    column_gap(column, fragment_bitmap_draw(detail, view->theme, column->canvas,
                               (struct point){ column->x, column->y }, column->width, BITMAP_HEIGHT)
                               + 4.0f);
}

static void draw_slots(const struct scene_detail *detail, struct column *column)
{
    for (unsigned i = 0; i < detail->slot_count; i++) {
        const struct scene_slot *slot = &detail->slots[i];
        char version[FORMAT_MAX], line[96];
        int used = snprintf(line, sizeof line, "%s", slot_state_word(slot->state));
        if (slot->version > 0) {
            format_version(version, sizeof version, slot->version);
            used += snprintf(line + used, sizeof line - (size_t)used, ", version %s", version);
        }
        if (slot->size > 0) {
            snprintf(line + used, sizeof line - (size_t)used, ", %u B", slot->size);
        }
        column_pair(column, slot->name, line);
    }
    column_pair(column, "update", text_or_dash(detail->update));
}

static void draw_region(
        enum hal_flash_region region, const struct wear_region *wear, struct column *column)
{
    char line[96], text[FLASH_PLACE_COUNT][FORMAT_MAX];
    const char *names[FLASH_PLACE_COUNT + 1] = { NULL }, *values[FLASH_PLACE_COUNT + 1];
    unsigned count = 0;
    snprintf(line, sizeof line, "%u erases, most of a unit %u of %u", wear->total, wear->most,
            wear->rated);
    column_pair(column, wear_region_name(region), line);
    for (unsigned place = 0; place < FLASH_PLACE_COUNT; place++) {
        if (wear->places[place] > 0) {
            snprintf(text[count], sizeof text[count], "%u", wear->places[place]);
            names[count] = flash_place_name(place);
            values[count] = text[count];
            count++;
        }
    }
    for (unsigned i = 0; i < count; i += 2) {
        column_pairs(column, names + i, values + i);
    }
}

/* Of places, the most erases of a unit there. */
static void draw_wear(const struct scene_detail *detail, struct column *column)
{
    for (unsigned region = 0; region < HAL_FLASH_REGION_COUNT; region++) {
        draw_region(region, &detail->wear.regions[region], column);
    }
}

static void draw_energy(
        const struct view *view, const struct scene_detail *detail, struct column *column)
{
    double total = 0.0;
    char text[FORMAT_MAX];
    for (unsigned i = 0; i < ENERGY_COMPONENT_COUNT; i++) {
        total += detail->energy.joule[i];
    }
    for (unsigned i = 0; i < ENERGY_COMPONENT_COUNT; i++) {
        format_unit(text, sizeof text, detail->energy.joule[i], "J");
        column_bar(column, energy_component_names[i],
                total > 0.0 ? detail->energy.joule[i] / total : 0.0,
                palette_category(view->theme, i), text);
    }
    format_unit(text, sizeof text, total, "J");
    column_pair(column, "in all, since power on", text);
}

/* In the order of enum hal_reset_cause. */
static const char *reset_word(uint8_t cause)
{
    static const char *const words[] = { "power came on", "reset pin", "by its firmware",
        "watchdog", "supply voltage" };
    return cause < sizeof words / sizeof words[0] ? words[cause] : NULL;
}

/* The newest first. */
static void draw_events(const struct scene_detail *detail, struct column *column)
{
    for (unsigned i = detail->event_count; i-- > 0;) {
        const struct scene_event *event = &detail->events[i];
        char at[FORMAT_MAX], line[96];
        format_time(at, sizeof at, event->at_ns);
        const char *what = event->kind == SCENE_EVENT_STAGE   ? scene_stage_word(event->detail)
                           : event->kind == SCENE_EVENT_LOST  ? loss_cause_name(event->detail)
                           : event->kind == SCENE_EVENT_RESET ? reset_word(event->detail)
                                                              : NULL;
        snprintf(line, sizeof line, "%s%s%s", scene_event_word(event->kind),
                what != NULL ? ": " : "", what != NULL ? what : "");
        column_pair(column, at, line);
    }
}

void panel_device_draw(const struct view *view, const struct scene *scene, struct column *column)
{
    const struct scene_detail *detail = &scene->detail;
    char title[64];
    snprintf(title, sizeof title, "Device %u%s", view->selected,
            view->follow == FOLLOW_ENERGY    ? ", followed: most energy"
            : view->follow == FOLLOW_MISSING ? ", followed: most missing"
                                             : "");
    column_heading(column, title);
    if (detail->device != view->selected || view->selected >= scene->device_count) {
        column_text(column, column->theme->faint, "waiting for the run");
        return;
    }
    const struct scene_device *device = &scene->devices[detail->device];
    draw_stage(view, device, detail->failure, column);
    draw_identity(detail, column);
    draw_delivery(detail, column);
    column_heading(column, "Radio");
    draw_reception(device, detail, column);
    draw_radio(detail, column);
    if (detail->fragment_count > 0) {
        column_heading(column, "Fragments");
        draw_fragments(view, detail, column);
    }
    column_heading(column, "Slots of its flash");
    draw_slots(detail, column);
    column_heading(column, "Wear of its flash");
    draw_wear(detail, column);
    column_heading(column, "Energy");
    draw_energy(view, detail, column);
    column_heading(column, "Last events");
    draw_events(detail, column);
}

/* Firmware management (TS006): whether a device has it, and what it is told to forget at a halt.
 * SPDX-License-Identifier: MIT
 *
 * One DevRebootTimeReq cancels either kind of plan, for a device stores one reboot; both requests
 * are one message.
 */
#include <assert.h>

#include "campaign/campaign_internal.h"

#define MANAGEMENT_VERSION 1u /* TS006-1.0.0: the only one */

void management_on_version(struct server_device *device, const struct package_message *message)
{
    assert(message->kind == PACKAGE_VERSION_ANS);
    bool served = message->package_id == PACKAGE_ID_MANAGEMENT
                  && message->package_version == MANAGEMENT_VERSION;
    device->management_version = served ? message->package_version : 0;
    device->no_management = !served;
}

bool management_is_absent(const struct campaign *campaign, const struct member *member)
{
    assert(member->device < campaign->server->device_count);
    return campaign->server->devices[member->device].no_management;
}

/* A register that names the versions of a device's packages is believed. */
static bool asks_version(const struct campaign *campaign, const struct member *member)
{
    return campaign->params.versions == VERSIONS_ASK
           && campaign->server->devices[member->device].management_version == 0;
}

static bool send(const struct campaign *campaign, const struct member *member,
        const uint8_t *command, size_t size)
{
    assert(size > 0 && size <= PACKAGE_MESSAGE_MAX);
    return server_send(campaign->server, member->device, PACKAGE_FPORT_MANAGEMENT, command, size);
}

bool management_asks_version(
        const struct campaign *campaign, const struct member *member, bool *sent)
{
    uint8_t question[PACKAGE_MESSAGE_MAX];
    if (!asks_version(campaign, member)) {
        return false;
    }
    *sent = send(campaign, member, question, package_version_req(question));
    return true;
}

bool management_send(const struct campaign *campaign, const struct member *member,
        const uint8_t *command, size_t size)
{
    assert(!management_is_absent(campaign, member));
    return send(campaign, member, command, size);
}

bool management_is_left(const struct campaign *campaign, const struct member *member)
{
    return (member->reboot_left || member->image_left) && !management_is_absent(campaign, member);
}

bool management_reboot_is_left(const struct campaign *campaign, const struct member *member)
{
    return member->reboot_left && !management_is_absent(campaign, member);
}

bool management_send_clean_up(const struct campaign *campaign, const struct member *member)
{
    uint8_t commands[PACKAGE_MESSAGE_MAX];
    size_t size = 0;
    bool sent = false;
    assert(management_is_left(campaign, member));
    if (management_asks_version(campaign, member, &sent)) {
        return sent;
    }
    if (member->reboot_left) {
        size += package_dev_reboot_time_req(commands + size, PACKAGE_REBOOT_CANCEL);
    }
    if (member->image_left) {
        size += package_dev_delete_image_req(commands + size, campaign->version);
    }
    return management_send(campaign, member, commands, size);
}

/* Whatever the answer to DevDeleteImageReq is, no image of ours is left: it had none, or another.
 */
bool management_on_clean_up(struct member *member, const struct package_message *message)
{
    assert(member->stage < MEMBER_STAGE_COUNT);
    bool cancelled =
            message->kind == PACKAGE_REBOOT_ANS && message->seconds == PACKAGE_REBOOT_CANCELLED;
    bool deleted = message->kind == PACKAGE_DELETE_IMAGE_ANS;
    bool due = (member->reboot_left && cancelled) || (member->image_left && deleted);
    member->reboot_left = member->reboot_left && !cancelled;
    member->reboot_ns = cancelled ? 0 : member->reboot_ns;
    member->image_left = member->image_left && !deleted;
    return due;
}

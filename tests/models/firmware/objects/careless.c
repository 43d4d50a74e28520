/* This tree's firmware with a fault that only a power cut shows: a record is erased, and then
 * written with its new value.
 * SPDX-License-Identifier: MIT
 *
 * device/ is compiled as it is; its calls of nvm_write() are wrapped (-Wl,--wrap=nvm_write).
 */
#include "firmware/firmware_object.h"
#include "update/nvm.h"

__attribute__((visibility("default"))) firmware_entry_point_fn fleetcast_firmware;

void __real_nvm_write(struct nvm *nvm, enum nvm_id id, const void *data, size_t size);
void __wrap_nvm_write(struct nvm *nvm, enum nvm_id id, const void *data, size_t size);

void __wrap_nvm_write(struct nvm *nvm, enum nvm_id id, const void *data, size_t size)
{
    nvm_erase(nvm, id);
    __real_nvm_write(nvm, id, data, size);
}

const struct firmware_build *fleetcast_firmware(void)
{
    static struct firmware_build build;
    build = firmware_builtin;
    build.name = "careless";
    return &build;
}

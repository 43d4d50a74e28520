/* Messages between two ranks of an MPI job, one at a time each way; no call waits.
 * SPDX-License-Identifier: MIT
 */
#include "study/mpi_link.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "run/wall_clock.h"

#define BEAT_S    1.0
#define SEE_OFF_S 1.0
#define PAUSE_NS  2000000L

void mpi_link_open(struct mpi_link *link, int peer)
{
    *link = (struct mpi_link){ .peer = peer, .heard_s = wall_clock_s() };
}

static bool is_complete(MPI_Request *request)
{
    int complete = 0;
    /* An error completes a request, too: the peer's silence will say the rest. */
    return MPI_Test(request, &complete, MPI_STATUS_IGNORE) != MPI_SUCCESS || complete;
}

bool mpi_link_is_idle(struct mpi_link *link)
{
    if (link->sending && is_complete(&link->send)) {
        link->sending = false;
        free(link->out.bytes);
        link->out = (struct mpi_message){ 0, NULL };
    }
    return !link->sending;
}

void mpi_link_send(struct mpi_link *link, enum mpi_link_tag tag, struct mpi_message message)
{
    assert(!link->sending);
    link->out = message;
    link->sending = true;
    if (MPI_Isend(message.bytes, (int)message.size, MPI_BYTE, link->peer, (int)tag, MPI_COMM_WORLD,
                &link->send)
            != MPI_SUCCESS) {
        link->send = MPI_REQUEST_NULL; /* complete */
    }
}

/* Begins to receive what has arrived. */
static void begin(struct mpi_link *link)
{
    int found = 0, size = 0;
    MPI_Message handle;
    MPI_Status status;
    if (MPI_Improbe(link->peer, MPI_ANY_TAG, MPI_COMM_WORLD, &found, &handle, &status)
                    != MPI_SUCCESS
            || !found) {
        return;
    }
    MPI_Get_count(&status, MPI_BYTE, &size);
    link->in = (struct mpi_message){ (size_t)size, size > 0 ? malloc((size_t)size) : NULL };
    /* Without memory the message is cut, and what is cut is refused. */
    link->in.size = link->in.bytes != NULL ? link->in.size : 0;
    link->in_tag = status.MPI_TAG;
    link->receiving = true;
    if (MPI_Imrecv(link->in.bytes, (int)link->in.size, MPI_BYTE, &handle, &link->receive)
            != MPI_SUCCESS) {
        link->receive = MPI_REQUEST_NULL;
    }
}

bool mpi_link_receive(struct mpi_link *link, int *tag, struct mpi_message *message)
{
    if (!link->receiving) {
        begin(link);
    }
    if (!link->receiving || !is_complete(&link->receive)) {
        return false;
    }
    link->receiving = false;
    link->heard_s = wall_clock_s();
    *tag = link->in_tag;
    *message = link->in;
    return true;
}

void mpi_link_beat(struct mpi_link *link)
{
    double now_s = wall_clock_s();
    link->beating = link->beating && !is_complete(&link->beat);
    if (!link->beating && now_s - link->beat_s >= BEAT_S) {
        link->beat_s = now_s;
        link->beating =
                MPI_Isend(NULL, 0, MPI_BYTE, link->peer, MPI_LINK_BEAT, MPI_COMM_WORLD, &link->beat)
                == MPI_SUCCESS;
    }
}

double mpi_link_silence_s(const struct mpi_link *link)
{
    return wall_clock_s() - link->heard_s;
}

void mpi_link_tell(const struct mpi_link *link, enum mpi_link_tag tag)
{
    MPI_Request request;
    double until_s = wall_clock_s() + SEE_OFF_S;
    if (MPI_Isend(NULL, 0, MPI_BYTE, link->peer, (int)tag, MPI_COMM_WORLD, &request)
            == MPI_SUCCESS) {
        while (!is_complete(&request) && wall_clock_s() < until_s) {
            mpi_link_pause();
        }
    }
}

void mpi_link_pause(void)
{
    const struct timespec pause = { .tv_nsec = PAUSE_NS };
    nanosleep(&pause, NULL);
}

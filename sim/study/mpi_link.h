/* Messages between two ranks of an MPI job, one at a time each way; no call waits.
 * SPDX-License-Identifier: MIT
 */
#ifndef STUDY_MPI_LINK_H
#define STUDY_MPI_LINK_H

#include <mpi.h>
#include <stdbool.h>

#include "study/mpi_message.h"

enum mpi_link_tag {
    MPI_LINK_BEAT, /* "I live" */
    MPI_LINK_JOB,
    MPI_LINK_RESULT,
    MPI_LINK_END,  /* after MPI_Finalize() */
    MPI_LINK_LEAVE /* at once: a rank is lost, so that MPI_Finalize() might wait for it */
};

struct mpi_link {
    int peer;
    double heard_s, beat_s; /* when it was heard last, and when it was told last, of wall clock */
    bool sending, beating, receiving;
    MPI_Request send, beat, receive;
    struct mpi_message out, in;
    int in_tag;
};

void mpi_link_open(struct mpi_link *link, int peer);
/* Is there no message under way to the peer? */
bool mpi_link_is_idle(struct mpi_link *link);
/* Owns the bytes. The link is idle. */
void mpi_link_send(struct mpi_link *link, enum mpi_link_tag tag, struct mpi_message message);
/* A message that has come whole; the caller frees its bytes (NULL: it has none). False: none. */
bool mpi_link_receive(struct mpi_link *link, int *tag, struct mpi_message *message);
/* Tells the peer once a second that this process lives. */
void mpi_link_beat(struct mpi_link *link);
double mpi_link_silence_s(const struct mpi_link *link);
/* A message without bytes, whatever else is under way. Tries for a second to see it off. */
void mpi_link_tell(const struct mpi_link *link, enum mpi_link_tag tag);
/* Some milliseconds, when nothing moves. */
void mpi_link_pause(void);

#endif

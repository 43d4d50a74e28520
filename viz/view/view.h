/* The view: what the operator looks at, and how. No part of it knows SDL, or the run.
 * SPDX-License-Identifier: MIT
 *
 * It is drawn from a scene onto a canvas; the operator's acts (view/intents.h) change it, and leave
 * commands for the player.
 */
#ifndef VIEW_VIEW_H
#define VIEW_VIEW_H

#include "draw/canvas.h"
#include "draw/theme.h"
#include "view/schemes.h"
#include "watch/player.h"
#include "watch/scene.h"

#define VIEW_COMMANDS_MAX 32u
#define VIEW_TYPED_MAX    24u

/* Parts of the window, each in a file of its own; rows of view_parts[]. */
enum view_part_id {
    VIEW_TOOLBAR, /* time, speed, pause: the upper edge */
    VIEW_MAP,
    VIEW_LEGEND,   /* on the map */
    VIEW_PANEL,    /* the right edge */
    VIEW_LANES,    /* below the map */
    VIEW_TIMELINE, /* the lower edge */
    VIEW_PART_COUNT
};

enum view_follow {
    FOLLOW_NONE,
    FOLLOW_ENERGY, /* the device that has used most energy is selected */
    FOLLOW_MISSING /* the one that misses most fragments */
};

/* What the operator is typing. */
enum view_typing {
    TYPING_NOTHING,
    TYPING_DEVICE, /* the number of a device */
    TYPING_TIME    /* with a unit */
};

struct lanes_index;

struct camera {
    double x_m, y_m; /* in the middle of the map */
    double metres_per_point;
};

struct view {
    const struct scenario *scenario;
    enum theme_kind theme;
    struct schemes *schemes; /* of the map */
    uint32_t scheme;         /* index into them */
    struct box boxes[VIEW_PART_COUNT];
    enum view_part_id grabbed; /* that drags go to */
    struct camera camera;
    bool fitted; /* the camera shows all stations until the operator moves it */
    uint32_t selected;
    uint32_t pinned[SCENE_PINNED_MAX], pinned_count;
    enum view_follow follow;
    uint32_t gateway;                  /* that interventions are about: clicked last; SCENE_NONE */
    sim_ns lanes_from_ns, lanes_to_ns; /* what the lanes show; 0, 0: the last minute */
    float lanes_scroll, panel_scroll;  /* points */
    float panel_height;                /* of all that the panel has to show, drawn last */
    struct lanes_index *lane_indices;  /* of lanes, made when they are drawn; may be NULL */
    uint32_t lane_index_count;
    uint32_t hidden_stages; /* bit s: devices at enum scene_stage s are not drawn */
    bool coverage, help, frame_time;
    enum view_typing typing;
    char typed[VIEW_TYPED_MAX];
    struct point pointer;
    char message[160]; /* shown until the next intent; empty: none */
    double frame_ms;   /* CPU time that the last frame took */
    struct player_state player;
    struct player_command commands[VIEW_COMMANDS_MAX]; /* to be given to the player */
    uint32_t command_count;
};

/* `schemes` outlives the view. */
void view_init(struct view *view, const struct scenario *scenario, struct schemes *schemes);
void view_release(struct view *view); /* frees what drawing has set aside */
/* Places the parts in a window of that size. In a small one parts are left out (their boxes have no
 * area): with less and less height the lanes, the timeline and the toolbar, with less width the
 * panel; the legend goes where the map is small. The map is always there. */
void view_layout(struct view *view, struct box window);
/* Before drawing: follows the worst device, and fits the camera. */
void view_update(struct view *view, const struct scene *scene);
void view_draw(struct view *view, const struct scene *scene, struct canvas *canvas);
/* The pointer's acts go to the uppermost part below it that takes them. True: done. */
/* The button is down: drags go to the part here. A press follows if it is let go where it was. */
void view_grab(struct view *view, struct point at);
bool view_press(struct view *view, const struct scene *scene, struct point at, bool twice);
bool view_drag(struct view *view, const struct scene *scene, struct point at, struct point by);
bool view_wheel(struct view *view, const struct scene *scene, struct point at, float turns);
/* True: the energy or the clock of every device is looked at in this view. */
bool view_wants_energies(const struct view *view);

/* Leaves a command for the player; one too many is dropped with a message. */
void view_command(struct view *view, const struct player_command *command);
void view_select(struct view *view, uint32_t device);
void view_say(struct view *view, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct view_part {
    const char *name;
    void (*draw)(struct view *view, const struct scene *scene, struct canvas *canvas);
    /* The pointer is inside of the part's box, or was when it was grabbed. Each may be NULL. True:
     * done. */
    bool (*press)(struct view *view, const struct scene *scene, struct point at, bool twice);
    bool (*drag)(struct view *view, const struct scene *scene, struct point at, struct point by);
    bool (*wheel)(struct view *view, const struct scene *scene, struct point at, float turns);
};
extern const struct view_part *const view_parts[VIEW_PART_COUNT];

extern const struct view_part toolbar_part, map_part, legend_part, panel_part, lanes_part,
        timeline_part;

/* A station by its place on the map. SCENE_NONE: none within 8 points. */
uint32_t map_device_at(const struct view *view, const struct scene *scene, struct point at);
uint32_t map_gateway_at(const struct view *view, const struct scene *scene, struct point at);
struct point map_point(const struct view *view, double x_m, double y_m);
/* The camera shows all stations. */
void map_fit(struct view *view, const struct scene *scene);
/* `factor` times as large; what is at that place of the window stays there. */
void map_zoom(struct view *view, struct point at, double factor);

#endif

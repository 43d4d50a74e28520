/* The window: keys, pointer and what is drawn when.
 * SPDX-License-Identifier: MIT
 */
#include <SDL.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/app.h"

#define FRAME_MS  16   /* 60 frames a second */
#define ENERGY_MS 1000 /* the energy of all devices is looked at so often */
#define SHIFT     "Shift+"

#define TITLE_MAX (SCENARIO_NAME_MAX + 32)

#define DRAG_POINTS 4.0f /* of movement: less is a press */

struct window {
    struct app *app;
    struct canvas *canvas;
    const struct scene *scene;
    bool redraw, closed;
    struct point pressed; /* where the button went down */
    bool dragged;         /* since then */
    Uint32 energies_ms;   /* when it was looked at last */
    bool named_over;      /* its title says so */
    bool swallow_text;    /* the key that began typing comes as text, too */
};

/* --- keys ------------------------------------------------------------------------------------- */

/* Punctuation comes as text: which keys make it depends on the layout of the keyboard. Letters and
 * named keys come as keys, whatever Caps Lock says. */
static bool comes_as_text(const char *key)
{
    return key[1] == '\0' && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ", key[0]) == NULL;
}

static bool is_pressed(const char *key, SDL_Keycode code, bool shift)
{
    bool wants_shift = strncmp(key, SHIFT, strlen(SHIFT)) == 0;
    return !comes_as_text(key) && wants_shift == shift
           && SDL_GetKeyFromName(key + (wants_shift ? strlen(SHIFT) : 0)) == code;
}

static void intend(struct window *window, enum view_intent intent)
{
    struct app *app = window->app;
    window->redraw = true;
    if (!view_intend(&app->view, window->scene, intent)) {
        return;
    }
    if (intent == INTENT_QUIT) {
        window->closed = true;
    } else if (intent == INTENT_SAVE_SCENARIO) {
        app_save_scenario(app, NULL);
    } else {
        app_command(app); /* of the keys before */
        app_refresh(app);
        app->view.message[0] = '\0';
        window->scene = player_scene_now(app->player, true);
        app_draw(app, window->scene, window->canvas);
        app_save_picture(app, window->scene, window->canvas);
    }
}

static void type_key(struct window *window, SDL_Keycode code)
{
    struct view *view = &window->app->view;
    if (code == SDLK_RETURN || code == SDLK_KP_ENTER) {
        view_type(view, window->scene, "\n");
    } else if (code == SDLK_BACKSPACE) {
        view_type(view, window->scene, "\b");
    } else if (code == SDLK_ESCAPE) {
        intend(window, INTENT_CANCEL);
    }
    window->redraw = true;
}

static void press_key(struct window *window, const SDL_Keysym *key)
{
    window->swallow_text = false;
    if (window->app->view.typing != TYPING_NOTHING) {
        type_key(window, key->sym);
        return;
    }
    if ((key->mod & (KMOD_CTRL | KMOD_ALT | KMOD_GUI)) != 0) {
        return;
    }
    bool shift = (key->mod & KMOD_SHIFT) != 0;
    for (enum view_intent i = 0; i < INTENT_COUNT; i++) {
        if (is_pressed(intent_rows[i].key, key->sym, shift)) {
            intend(window, i);
            window->swallow_text = window->app->view.typing != TYPING_NOTHING;
            return;
        }
    }
}

static void enter_text(struct window *window, const char *text)
{
    struct view *view = &window->app->view;
    window->redraw = true;
    if (window->swallow_text) {
        window->swallow_text = false;
    } else if (view->typing != TYPING_NOTHING) {
        view_type(view, window->scene, text);
    } else {
        for (enum view_intent i = 0; i < INTENT_COUNT; i++) {
            if (comes_as_text(intent_rows[i].key) && strcmp(intent_rows[i].key, text) == 0) {
                intend(window, i);
                return;
            }
        }
    }
}

/* --- pointer ---------------------------------------------------------------------------------- */

static void move_pointer(struct window *window, const SDL_MouseMotionEvent *motion)
{
    struct view *view = &window->app->view;
    struct point from = view->pointer, to = { (float)motion->x, (float)motion->y };
    view->pointer = to;
    if ((motion->state & SDL_BUTTON_LMASK) != 0) {
        if (!window->dragged) {
            from = window->pressed;
        }
        window->dragged = window->dragged || fabsf(to.x - from.x) >= DRAG_POINTS
                          || fabsf(to.y - from.y) >= DRAG_POINTS;
        if (window->dragged) {
            view_drag(view, window->scene, to, (struct point){ to.x - from.x, to.y - from.y });
        }
    }
    window->redraw = true;
}

/* What goes down and up at one place is a press; what moves between is a drag, and only that. */
static void use_button(struct window *window, const SDL_MouseButtonEvent *button)
{
    struct view *view = &window->app->view;
    struct point at = { (float)button->x, (float)button->y };
    if (button->button != SDL_BUTTON_LEFT) {
        return;
    }
    if (button->state == SDL_PRESSED) {
        window->pressed = at;
        window->dragged = false;
        view_grab(view, at);
    } else if (!window->dragged) {
        view->message[0] = '\0';
        view_press(view, window->scene, at, button->clicks >= 2);
    }
    window->redraw = true;
}

static void turn_wheel(struct window *window, const SDL_MouseWheelEvent *wheel)
{
    struct view *view = &window->app->view;
    float turns = wheel->direction == SDL_MOUSEWHEEL_FLIPPED ? -wheel->preciseY : wheel->preciseY;
    view_wheel(view, window->scene, view->pointer, turns);
    window->redraw = true;
}

/* --- the loop --------------------------------------------------------------------------------- */

static void handle(struct window *window, const SDL_Event *event)
{
    switch (event->type) {
    case SDL_QUIT:
        window->closed = true;
        break;
    case SDL_KEYDOWN:
        press_key(window, &event->key.keysym);
        break;
    case SDL_TEXTINPUT:
        enter_text(window, event->text.text);
        break;
    case SDL_MOUSEMOTION:
        move_pointer(window, &event->motion);
        break;
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP:
        use_button(window, &event->button);
        break;
    case SDL_MOUSEWHEEL:
        turn_wheel(window, &event->wheel);
        break;
    case SDL_WINDOWEVENT:
        if (event->window.event == SDL_WINDOWEVENT_SIZE_CHANGED) {
            canvas_resized(window->canvas);
        }
        window->redraw = true;
        break;
    default:
        break;
    }
}

/* Whoever does other work meanwhile sees in the list of windows that the run is over. */
static void name_window(struct window *window)
{
    const struct scene *scene = window->scene;
    if (window->named_over == scene->over) {
        return;
    }
    window->named_over = scene->over;
    char title[TITLE_MAX];
    snprintf(title, sizeof title, "fleetcast: %s%s", window->app->scenario->name,
            scene->broken ? ", broken off"
            : scene->over ? ", over"
                          : "");
    canvas_set_title(window->canvas, title);
}

/* Is there anything else to see than in the frame before? */
static void look(struct window *window)
{
    struct app *app = window->app;
    const struct player_state before = app->view.player;
    uint64_t generation = window->scene->generation, events = window->scene->events;
    sim_ns now_ns = window->scene->now_ns;
    app_refresh(app);
    bool energies = SDL_GetTicks() - window->energies_ms >= ENERGY_MS;
    window->energies_ms = energies ? SDL_GetTicks() : window->energies_ms;
    window->scene = player_scene(app->player, energies || view_wants_energies(&app->view));
    window->redraw = window->redraw || window->scene->now_ns != now_ns
                     || window->scene->events != events || window->scene->generation != generation
                     || window->scene->detail.device != app->view.selected
                     || before.playing != app->view.player.playing
                     || before.over != app->view.player.over
                     || before.speed != app->view.player.speed
                     || before.intervention_count != app->view.player.intervention_count;
    name_window(window);
}

static void wait_for_events(struct window *window, Uint32 until_ms)
{
    SDL_Event event;
    int left_ms = (int)(until_ms - SDL_GetTicks());
    if (SDL_WaitEventTimeout(&event, left_ms > 0 ? left_ms : 1) != 0) {
        handle(window, &event);
        while (SDL_PollEvent(&event) != 0) {
            handle(window, &event);
        }
    }
}

static void loop(struct window *window, bool (*stopped)(void))
{
    struct app *app = window->app;
    window->scene = player_scene_now(app->player, true);
    window->redraw = true;
    SDL_StartTextInput();
    while (!window->closed && (stopped == NULL || !stopped())) {
        Uint32 next_ms = SDL_GetTicks() + FRAME_MS;
        look(window);
        if (window->redraw) {
            window->redraw = false;
            app_draw(app, window->scene, window->canvas);
        }
        do {
            wait_for_events(window, next_ms);
            app_command(app);
        } while (!window->closed && (int)(next_ms - SDL_GetTicks()) > 0);
    }
}

bool app_show_window(struct app *app, const struct view_options *options, bool (*stopped)(void))
{
    char error[256], title[TITLE_MAX];
    snprintf(title, sizeof title, "fleetcast: %s", app->scenario->name);
    struct window window = { .app = app };
    window.canvas =
            canvas_create_window(title, options->width, options->height, error, sizeof error);
    if (window.canvas == NULL) {
        fprintf(stderr, "fleetcast: view: %s\n", error);
        return false;
    }
    loop(&window, stopped);
    canvas_destroy(window.canvas);
    return true;
}

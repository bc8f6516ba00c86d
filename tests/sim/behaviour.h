/*
 * behaviour.h - what drivers and vehicles do at a station, when nobody has written a script.
 */
#ifndef V2G_TESTS_SIM_BEHAVIOUR_H
#define V2G_TESTS_SIM_BEHAVIOUR_H

struct evse;
struct station;

struct behaviour {
	const char *name;
	/* The program begins: the station is powered up by now. */
	void (*begin)(struct station *st);
	/* evse->wake has rung. */
	void (*wake)(struct evse *evse);
	/* A RequestStartTransaction was accepted for the EVSE. */
	void (*remote_start)(struct evse *evse);
};

extern const struct behaviour behaviour_demo, behaviour_idle, behaviour_transactions;
/* Runs a script (script.h). */
extern const struct behaviour behaviour_script;

/* NULL: no behaviour has that name. */
const struct behaviour *behaviour_find(const char *name);
/* Rings evse->wake after so many simulated seconds. */
void behaviour_wake_after(struct evse *evse, double seconds);

#endif

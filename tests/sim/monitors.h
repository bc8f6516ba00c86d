/*
 * monitors.h - variable monitoring (N02 to N08): monitors that the central system sets on variables of EVSEs and
 * connectors, looked at once a second, and the NotifyEvents they cause.
 */
#ifndef V2G_TESTS_SIM_MONITORS_H
#define V2G_TESTS_SIM_MONITORS_H

struct station;

void monitors_init(struct station *st);
void monitors_free(struct station *st);

#endif

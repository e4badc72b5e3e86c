/* SPDX-License-Identifier: MIT */
/* What a host calls of its plugin: begin, work on any thread, end. */
#ifndef PLUGIN_H
#define PLUGIN_H

#define PLUGIN_API __attribute__((visibility("default")))

/* Each returns 0, or else it failed. */
PLUGIN_API int plugin_begin(void);
PLUGIN_API int plugin_work(void);
PLUGIN_API int plugin_end(void);

#endif

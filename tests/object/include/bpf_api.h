// What the legacy examples of the package iproute2-doc include: names for sections and helpers. Debian does not ship
// iproute2's own include/bpf_api.h; the contract of the sections is in <iproute2/bpf_elf.h>, which it does.
#pragma once

#include <iproute2/bpf_elf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>

typedef __u32 uint32_t;  // <stdint.h> wants the C library of a target that has none.

#define __section(name) __attribute__((section(name), used))
#define SAYA_TEXT(x) #x
#define SAYA_TAIL(id, slot) SAYA_TEXT(id) "/" SAYA_TEXT(slot)
#define __section_tail(id, slot) __section(SAYA_TAIL(id, slot))
#define __section_maps __section(ELF_SECTION_MAPS)
#define __section_cls_entry __section(ELF_SECTION_CLASSIFIER)

#define BPF_LICENSE(name) char ____license[] __section(ELF_SECTION_LICENSE) = name
#define BPF_H_DEFAULT -1

static void* (*map_lookup_elem)(void* map, const void* key) = (void*)BPF_FUNC_map_lookup_elem;
static void (*tail_call)(void* context, void* map, uint32_t index) = (void*)BPF_FUNC_tail_call;
static int (*trace_printk)(const char* format, int size, ...) = (void*)BPF_FUNC_trace_printk;

#define lock_xadd(at, number) ((void)__sync_fetch_and_add(at, number))
#define printt(text, ...)                                \
  ({                                                     \
    char format[] = text;                                \
    trace_printk(format, sizeof(format), ##__VA_ARGS__); \
  })

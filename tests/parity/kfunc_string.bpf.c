// Texts: in a program's data, on its stack, nowhere.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern int bpf_strcmp(const char* one, const char* other) __ksym;
extern int bpf_strcasecmp(const char* one, const char* other) __ksym;
extern int bpf_strchr(const char* text, char wanted) __ksym;
extern int bpf_strchrnul(const char* text, char wanted) __ksym;
extern int bpf_strnchr(const char* text, __u64 most, char wanted) __ksym;
extern int bpf_strrchr(const char* text, int wanted) __ksym;
extern int bpf_strlen(const char* text) __ksym;
extern int bpf_strnlen(const char* text, __u64 most) __ksym;
extern int bpf_strspn(const char* text, const char* accepted) __ksym;
extern int bpf_strcspn(const char* text, const char* rejected) __ksym;
extern int bpf_strstr(const char* text, const char* wanted) __ksym;
extern int bpf_strnstr(const char* text, const char* wanted, __u64 most) __ksym;

char text[] = "hello, world";
char empty[1];
char latin[] =
    "\xc4"
    "b\xff";
char many[600] = {[0 ... 597] = 'a', [598] = 'b'};

#define NOWHERE ((const char*)0xffffffffff000000)
#define NULLISH ((const char*)0)
#define USER ((const char*)0x10000)
#define CASE(name, expression) \
  SEC("tc") int name(struct __sk_buff* skb) { return expression; }

CASE(bpf_strlen__EFAULT, bpf_strlen(NOWHERE))
CASE(bpf_strlen__ERANGE_null, bpf_strlen(NULLISH))
CASE(bpf_strlen__ERANGE_user, bpf_strlen(USER))
CASE(bpf_strlen__of_nothing, bpf_strlen(empty))
CASE(bpf_strlen__of_a_text, bpf_strlen(text))
CASE(bpf_strlen__across_chunks, bpf_strlen(many))
CASE(bpf_strnlen__EFAULT, bpf_strnlen(NOWHERE, 70000))
CASE(bpf_strnlen__ERANGE_null, bpf_strnlen(NULLISH, 70000))
CASE(bpf_strnlen__ERANGE_user, bpf_strnlen(USER, 70000))
CASE(bpf_strnlen__of_nothing, bpf_strnlen(empty, 70000))
CASE(bpf_strnlen__of_a_text, bpf_strnlen(text, 70000))
CASE(bpf_strnlen__across_chunks, bpf_strnlen(many, 70000))
CASE(bpf_strchr__EFAULT, bpf_strchr(NOWHERE, 'z'))
CASE(bpf_strchr__ERANGE_null, bpf_strchr(NULLISH, 'z'))
CASE(bpf_strchr__ERANGE_user, bpf_strchr(USER, 'z'))
CASE(bpf_strchr__of_nothing, bpf_strchr(empty, 'z'))
CASE(bpf_strchr__of_a_text, bpf_strchr(text, 'z'))
CASE(bpf_strchr__across_chunks, bpf_strchr(many, 'z'))
CASE(bpf_strchrnul__EFAULT, bpf_strchrnul(NOWHERE, 'z'))
CASE(bpf_strchrnul__ERANGE_null, bpf_strchrnul(NULLISH, 'z'))
CASE(bpf_strchrnul__ERANGE_user, bpf_strchrnul(USER, 'z'))
CASE(bpf_strchrnul__of_nothing, bpf_strchrnul(empty, 'z'))
CASE(bpf_strchrnul__of_a_text, bpf_strchrnul(text, 'z'))
CASE(bpf_strchrnul__across_chunks, bpf_strchrnul(many, 'z'))
CASE(bpf_strnchr__EFAULT, bpf_strnchr(NOWHERE, 70000, 'z'))
CASE(bpf_strnchr__ERANGE_null, bpf_strnchr(NULLISH, 70000, 'z'))
CASE(bpf_strnchr__ERANGE_user, bpf_strnchr(USER, 70000, 'z'))
CASE(bpf_strnchr__of_nothing, bpf_strnchr(empty, 70000, 'z'))
CASE(bpf_strnchr__of_a_text, bpf_strnchr(text, 70000, 'z'))
CASE(bpf_strnchr__across_chunks, bpf_strnchr(many, 70000, 'z'))
CASE(bpf_strrchr__EFAULT, bpf_strrchr(NOWHERE, 'z'))
CASE(bpf_strrchr__ERANGE_null, bpf_strrchr(NULLISH, 'z'))
CASE(bpf_strrchr__ERANGE_user, bpf_strrchr(USER, 'z'))
CASE(bpf_strrchr__of_nothing, bpf_strrchr(empty, 'z'))
CASE(bpf_strrchr__of_a_text, bpf_strrchr(text, 'z'))
CASE(bpf_strrchr__across_chunks, bpf_strrchr(many, 'z'))
CASE(bpf_strcmp__EFAULT_first, bpf_strcmp(NOWHERE, text))
CASE(bpf_strcmp__EFAULT_second, bpf_strcmp(text, NOWHERE))
CASE(bpf_strcmp__ERANGE_first, bpf_strcmp(NULLISH, text))
CASE(bpf_strcmp__ERANGE_second, bpf_strcmp(text, USER))
CASE(bpf_strcmp__of_nothing, bpf_strcmp(empty, empty))
CASE(bpf_strcmp__nothing_in_a_text, bpf_strcmp(text, empty))
CASE(bpf_strcmp__a_text_in_nothing, bpf_strcmp(empty, text))
CASE(bpf_strcmp__of_one_text, bpf_strcmp(text, text))
CASE(bpf_strcmp__a_word, bpf_strcmp(text, "o, w"))
CASE(bpf_strcmp__other_case, bpf_strcmp(text, "HELLO, WORLD"))
CASE(bpf_strcmp__less, bpf_strcmp(text, "hello"))
CASE(bpf_strcmp__more, bpf_strcmp("hello", text))
CASE(bpf_strcmp__latin, bpf_strcmp(latin,
                                   "\xe4"
                                   "B\xff"))
CASE(bpf_strcmp__signs, bpf_strcmp(latin, text))
CASE(bpf_strcmp__signs_backwards, bpf_strcmp(text, latin))
CASE(bpf_strcmp__across_chunks, bpf_strcmp(many, "ab"))
CASE(bpf_strcmp__letters_of_it, bpf_strcmp(text, "lehol"))
CASE(bpf_strcasecmp__EFAULT_first, bpf_strcasecmp(NOWHERE, text))
CASE(bpf_strcasecmp__EFAULT_second, bpf_strcasecmp(text, NOWHERE))
CASE(bpf_strcasecmp__ERANGE_first, bpf_strcasecmp(NULLISH, text))
CASE(bpf_strcasecmp__ERANGE_second, bpf_strcasecmp(text, USER))
CASE(bpf_strcasecmp__of_nothing, bpf_strcasecmp(empty, empty))
CASE(bpf_strcasecmp__nothing_in_a_text, bpf_strcasecmp(text, empty))
CASE(bpf_strcasecmp__a_text_in_nothing, bpf_strcasecmp(empty, text))
CASE(bpf_strcasecmp__of_one_text, bpf_strcasecmp(text, text))
CASE(bpf_strcasecmp__a_word, bpf_strcasecmp(text, "o, w"))
CASE(bpf_strcasecmp__other_case, bpf_strcasecmp(text, "HELLO, WORLD"))
CASE(bpf_strcasecmp__less, bpf_strcasecmp(text, "hello"))
CASE(bpf_strcasecmp__more, bpf_strcasecmp("hello", text))
CASE(bpf_strcasecmp__latin, bpf_strcasecmp(latin,
                                           "\xe4"
                                           "B\xff"))
CASE(bpf_strcasecmp__signs, bpf_strcasecmp(latin, text))
CASE(bpf_strcasecmp__signs_backwards, bpf_strcasecmp(text, latin))
CASE(bpf_strcasecmp__across_chunks, bpf_strcasecmp(many, "ab"))
CASE(bpf_strcasecmp__letters_of_it, bpf_strcasecmp(text, "lehol"))
CASE(bpf_strspn__EFAULT_first, bpf_strspn(NOWHERE, text))
CASE(bpf_strspn__EFAULT_second, bpf_strspn(text, NOWHERE))
CASE(bpf_strspn__ERANGE_first, bpf_strspn(NULLISH, text))
CASE(bpf_strspn__ERANGE_second, bpf_strspn(text, USER))
CASE(bpf_strspn__of_nothing, bpf_strspn(empty, empty))
CASE(bpf_strspn__nothing_in_a_text, bpf_strspn(text, empty))
CASE(bpf_strspn__a_text_in_nothing, bpf_strspn(empty, text))
CASE(bpf_strspn__of_one_text, bpf_strspn(text, text))
CASE(bpf_strspn__a_word, bpf_strspn(text, "o, w"))
CASE(bpf_strspn__other_case, bpf_strspn(text, "HELLO, WORLD"))
CASE(bpf_strspn__less, bpf_strspn(text, "hello"))
CASE(bpf_strspn__more, bpf_strspn("hello", text))
CASE(bpf_strspn__latin, bpf_strspn(latin,
                                   "\xe4"
                                   "B\xff"))
CASE(bpf_strspn__signs, bpf_strspn(latin, text))
CASE(bpf_strspn__signs_backwards, bpf_strspn(text, latin))
CASE(bpf_strspn__across_chunks, bpf_strspn(many, "ab"))
CASE(bpf_strspn__letters_of_it, bpf_strspn(text, "lehol"))
CASE(bpf_strcspn__EFAULT_first, bpf_strcspn(NOWHERE, text))
CASE(bpf_strcspn__EFAULT_second, bpf_strcspn(text, NOWHERE))
CASE(bpf_strcspn__ERANGE_first, bpf_strcspn(NULLISH, text))
CASE(bpf_strcspn__ERANGE_second, bpf_strcspn(text, USER))
CASE(bpf_strcspn__of_nothing, bpf_strcspn(empty, empty))
CASE(bpf_strcspn__nothing_in_a_text, bpf_strcspn(text, empty))
CASE(bpf_strcspn__a_text_in_nothing, bpf_strcspn(empty, text))
CASE(bpf_strcspn__of_one_text, bpf_strcspn(text, text))
CASE(bpf_strcspn__a_word, bpf_strcspn(text, "o, w"))
CASE(bpf_strcspn__other_case, bpf_strcspn(text, "HELLO, WORLD"))
CASE(bpf_strcspn__less, bpf_strcspn(text, "hello"))
CASE(bpf_strcspn__more, bpf_strcspn("hello", text))
CASE(bpf_strcspn__latin, bpf_strcspn(latin,
                                     "\xe4"
                                     "B\xff"))
CASE(bpf_strcspn__signs, bpf_strcspn(latin, text))
CASE(bpf_strcspn__signs_backwards, bpf_strcspn(text, latin))
CASE(bpf_strcspn__across_chunks, bpf_strcspn(many, "ab"))
CASE(bpf_strcspn__letters_of_it, bpf_strcspn(text, "lehol"))
CASE(bpf_strstr__EFAULT_first, bpf_strstr(NOWHERE, text))
CASE(bpf_strstr__EFAULT_second, bpf_strstr(text, NOWHERE))
CASE(bpf_strstr__ERANGE_first, bpf_strstr(NULLISH, text))
CASE(bpf_strstr__ERANGE_second, bpf_strstr(text, USER))
CASE(bpf_strstr__of_nothing, bpf_strstr(empty, empty))
CASE(bpf_strstr__nothing_in_a_text, bpf_strstr(text, empty))
CASE(bpf_strstr__a_text_in_nothing, bpf_strstr(empty, text))
CASE(bpf_strstr__of_one_text, bpf_strstr(text, text))
CASE(bpf_strstr__a_word, bpf_strstr(text, "o, w"))
CASE(bpf_strstr__other_case, bpf_strstr(text, "HELLO, WORLD"))
CASE(bpf_strstr__less, bpf_strstr(text, "hello"))
CASE(bpf_strstr__more, bpf_strstr("hello", text))
CASE(bpf_strstr__latin, bpf_strstr(latin,
                                   "\xe4"
                                   "B\xff"))
CASE(bpf_strstr__signs, bpf_strstr(latin, text))
CASE(bpf_strstr__signs_backwards, bpf_strstr(text, latin))
CASE(bpf_strstr__across_chunks, bpf_strstr(many, "ab"))
CASE(bpf_strstr__letters_of_it, bpf_strstr(text, "lehol"))
CASE(bpf_strnstr__EFAULT_first, bpf_strnstr(NOWHERE, text, 70000))
CASE(bpf_strnstr__EFAULT_second, bpf_strnstr(text, NOWHERE, 70000))
CASE(bpf_strnstr__ERANGE_first, bpf_strnstr(NULLISH, text, 70000))
CASE(bpf_strnstr__ERANGE_second, bpf_strnstr(text, USER, 70000))
CASE(bpf_strnstr__of_nothing, bpf_strnstr(empty, empty, 70000))
CASE(bpf_strnstr__nothing_in_a_text, bpf_strnstr(text, empty, 70000))
CASE(bpf_strnstr__a_text_in_nothing, bpf_strnstr(empty, text, 70000))
CASE(bpf_strnstr__of_one_text, bpf_strnstr(text, text, 70000))
CASE(bpf_strnstr__a_word, bpf_strnstr(text, "o, w", 70000))
CASE(bpf_strnstr__other_case, bpf_strnstr(text, "HELLO, WORLD", 70000))
CASE(bpf_strnstr__less, bpf_strnstr(text, "hello", 70000))
CASE(bpf_strnstr__more, bpf_strnstr("hello", text, 70000))
CASE(bpf_strnstr__latin, bpf_strnstr(latin,
                                     "\xe4"
                                     "B\xff",
                                     70000))
CASE(bpf_strnstr__signs, bpf_strnstr(latin, text, 70000))
CASE(bpf_strnstr__signs_backwards, bpf_strnstr(text, latin, 70000))
CASE(bpf_strnstr__across_chunks, bpf_strnstr(many, "ab", 70000))
CASE(bpf_strnstr__letters_of_it, bpf_strnstr(text, "lehol", 70000))
CASE(bpf_strnlen__of_0, bpf_strnlen(text, 0))
CASE(bpf_strnchr__in_0, bpf_strnchr(text, 0, 'w'))
CASE(bpf_strnstr__in_0, bpf_strnstr(text, "world", 0))
CASE(bpf_strnstr__from_the_start_in_0, bpf_strnstr(text, "hell", 0))
CASE(bpf_strnstr__nothing_in_0, bpf_strnstr(text, "", 0))
CASE(bpf_strnstr__not_there_in_0, bpf_strnstr(text, "lo!", 0))
CASE(bpf_strnlen__of_1, bpf_strnlen(text, 1))
CASE(bpf_strnchr__in_1, bpf_strnchr(text, 1, 'w'))
CASE(bpf_strnstr__in_1, bpf_strnstr(text, "world", 1))
CASE(bpf_strnstr__from_the_start_in_1, bpf_strnstr(text, "hell", 1))
CASE(bpf_strnstr__nothing_in_1, bpf_strnstr(text, "", 1))
CASE(bpf_strnstr__not_there_in_1, bpf_strnstr(text, "lo!", 1))
CASE(bpf_strnlen__of_4, bpf_strnlen(text, 4))
CASE(bpf_strnchr__in_4, bpf_strnchr(text, 4, 'w'))
CASE(bpf_strnstr__in_4, bpf_strnstr(text, "world", 4))
CASE(bpf_strnstr__from_the_start_in_4, bpf_strnstr(text, "hell", 4))
CASE(bpf_strnstr__nothing_in_4, bpf_strnstr(text, "", 4))
CASE(bpf_strnstr__not_there_in_4, bpf_strnstr(text, "lo!", 4))
CASE(bpf_strnlen__of_11, bpf_strnlen(text, 11))
CASE(bpf_strnchr__in_11, bpf_strnchr(text, 11, 'w'))
CASE(bpf_strnstr__in_11, bpf_strnstr(text, "world", 11))
CASE(bpf_strnstr__from_the_start_in_11, bpf_strnstr(text, "hell", 11))
CASE(bpf_strnstr__nothing_in_11, bpf_strnstr(text, "", 11))
CASE(bpf_strnstr__not_there_in_11, bpf_strnstr(text, "lo!", 11))
CASE(bpf_strnlen__of_12, bpf_strnlen(text, 12))
CASE(bpf_strnchr__in_12, bpf_strnchr(text, 12, 'w'))
CASE(bpf_strnstr__in_12, bpf_strnstr(text, "world", 12))
CASE(bpf_strnstr__from_the_start_in_12, bpf_strnstr(text, "hell", 12))
CASE(bpf_strnstr__nothing_in_12, bpf_strnstr(text, "", 12))
CASE(bpf_strnstr__not_there_in_12, bpf_strnstr(text, "lo!", 12))
CASE(bpf_strnlen__of_13, bpf_strnlen(text, 13))
CASE(bpf_strnchr__in_13, bpf_strnchr(text, 13, 'w'))
CASE(bpf_strnstr__in_13, bpf_strnstr(text, "world", 13))
CASE(bpf_strnstr__from_the_start_in_13, bpf_strnstr(text, "hell", 13))
CASE(bpf_strnstr__nothing_in_13, bpf_strnstr(text, "", 13))
CASE(bpf_strnstr__not_there_in_13, bpf_strnstr(text, "lo!", 13))
CASE(bpf_strnlen__of_all, bpf_strnlen(text, -1))
CASE(bpf_strnchr__ENOENT, bpf_strnchr(text, 3, 'o'))
CASE(bpf_strnchr__the_end, bpf_strnchr(text, 20, 0))
CASE(bpf_strnstr__ENOENT, bpf_strnstr(text, "world", 6))
CASE(bpf_strstr__ENOENT, bpf_strstr(text, "word"))
CASE(bpf_strstr__twice_begun, bpf_strstr("aaab", "aab"))
CASE(bpf_strchr__ENOENT, bpf_strchr(text, 'x'))
CASE(bpf_strchr__first, bpf_strchr(text, 'l'))
CASE(bpf_strchr__the_end, bpf_strchr(text, 0))
CASE(bpf_strchr__a_sign, bpf_strchr(latin, (char)0xff))
CASE(bpf_strchrnul__first, bpf_strchrnul(text, 'l'))
CASE(bpf_strchrnul__the_end, bpf_strchrnul(text, 0))
CASE(bpf_strrchr__ENOENT, bpf_strrchr(text, 'x'))
CASE(bpf_strrchr__last, bpf_strrchr(text, 'l'))
CASE(bpf_strrchr__the_end, bpf_strrchr(text, 0))
CASE(bpf_strrchr__a_sign, bpf_strrchr(latin, -1))
CASE(bpf_strrchr__no_sign, bpf_strrchr(latin, 255))

SEC("tc")
int bpf_strlen__on_the_stack(struct __sk_buff* skb) {
  char local[16] = "stacked";
  return bpf_strlen(local);
}

char _license[] SEC("license") = "GPL";

// MapSpec::fields of an object that clang made: offset, size and kind of each, or nothing where the kernel takes none.
#include <fmt/format.h>

#include <ostream>

#include "support/object_files.h"

namespace saya::object {
namespace {

std::string describe(std::span<const MapField> fields) {
  constexpr std::string_view kKinds[] = {"spin_lock", "timer",     "kernel_pointer", "list_head", "rb_root",
                                         "refcount",  "list_node", "rb_node",        "other"};
  std::string text;
  for (const MapField& field : fields)
    text += fmt::format("{}{}+{} {}", text.empty() ? "" : ", ", field.offset, field.size,
                        kKinds[static_cast<size_t>(field.kind)]);
  return text;
}

struct Row {
  const char* map;
  const char* fields;
  friend void PrintTo(const Row& row, std::ostream* os) { *os << row.map; }
};

const Row kRows[] = {
    {"no_fields",                   ""                                                                                 },
    {"no_struct",                   ""                                                                                 },
    {"lock_in_hash",                "4+4 spin_lock"                                                                    },
    {"lock_in_array",               "4+4 spin_lock"                                                                    },
    {"lock_in_lru",                 ""                                                                                 },
    {"lock_in_percpu",              ""                                                                                 },
    {"lock_behind_an_alias",        "4+4 spin_lock"                                                                    },
    {"two",                         ""                                                                                 },
    {"lock_of_a_typedef",           ""                                                                                 },
    {"timer_and_lock",              "0+16 timer, 16+4 spin_lock"                                                       },
    {"timer_in_lru_hash",           "8+16 timer"                                                                       },
    {"timer_in_percpu",             ""                                                                                 },
    {"lock_in_a_member",            "12+4 spin_lock"                                                                   },
    {"locks_in_an_array",           ""                                                                                 },
    {"a_lock_in_an_array",          "0+4 spin_lock"                                                                    },
    {"lock_in_an_array_of_structs", ""                                                                                 },
    {"pointers_in_array",           "0+8 kernel_pointer, 8+8 kernel_pointer"                                           },
    {"pointers_in_percpu",          "0+8 kernel_pointer, 8+8 kernel_pointer"                                           },
    {"pointers_in_trie",            ""                                                                                 },
    {"pointers_in_rows",            "8+8 kernel_pointer, 16+8 kernel_pointer, 24+8 kernel_pointer, 32+8 kernel_pointer"},
    {"pointers_in_structs",
     "0+8 kernel_pointer, 8+8 kernel_pointer, 24+8 kernel_pointer, 32+8 kernel_pointer, 48+8 kernel_pointer, "
     "56+8 kernel_pointer"                                                                                             },
    {"too_many",                    ""                                                                                 },
    {"an_unknown_tag",              ""                                                                                 },
    {"pointer_to_a_number",         ""                                                                                 },
    {"a_union",                     ""                                                                                 },
    {"read_only",                   ""                                                                                 },
    {"roots_in_hash",               "0+4 spin_lock, 8+16 list_head, 24+16 rb_root"                                     },
    {"roots_in_percpu",             ""                                                                                 },
    {"list_without_lock",           ""                                                                                 },
    {"nodes_are_nothing_in_a_map",  "24+4 refcount, 64+8 kernel_pointer"                                               },
    {"legacy",                      "4+4 spin_lock"                                                                    },
    {".data.locked",                "4+4 spin_lock"                                                                    },
};

class ValueFields : public testing::TestWithParam<Row> {};

TEST_P(ValueFields, AreThoseThatTheKernelTakes) {
  const Object object = object_of("value_fields");
  const auto map = std::ranges::find(object.maps, std::string_view(GetParam().map),
                                     [](const MapDefinition& m) -> std::string_view { return m.spec.name; });
  ASSERT_NE(map, object.maps.end());
  EXPECT_EQ(describe(map->spec.fields), GetParam().fields);
}

std::string name_of(const testing::TestParamInfo<Row>& row) {
  std::string name = row.param.map;
  std::ranges::replace(name, '.', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Rows, ValueFields, testing::ValuesIn(kRows), name_of);

TEST(ObjectFields, AreThoseOfAValueAndNodes) {
  const Object object = object_of("value_fields");
  const auto fields_of = [&](std::string_view name) {
    return describe(object_fields(*object.btf, object.btf->find(btf::Kind::structure, name).value()));
  };
  EXPECT_EQ(fields_of("item"), "0+24 list_node, 24+4 refcount, 32+32 rb_node, 64+8 kernel_pointer");
  EXPECT_EQ(fields_of("rooted"), "0+4 spin_lock, 8+16 list_head, 24+16 rb_root");
  EXPECT_EQ(fields_of("unlocked"), "");
  EXPECT_EQ(fields_of("timed"), "16+4 spin_lock") << "a timer in an object is a struct like any other";
  EXPECT_EQ(describe(object_fields(*object.btf, 0)), "");
}

TEST(ValueFieldsOfMapsOfMaps, AreOfTheInnerOnes) {
  const Object object = object_of("value_fields");
  const auto outer = std::ranges::find(object.maps, std::string_view("outer"),
                                       [](const MapDefinition& m) -> std::string_view { return m.spec.name; });
  ASSERT_NE(outer, object.maps.end());
  ASSERT_TRUE(outer->spec.inner);
  EXPECT_EQ(describe(outer->spec.inner->fields), "4+4 spin_lock");
}

}  // namespace
}  // namespace saya::object

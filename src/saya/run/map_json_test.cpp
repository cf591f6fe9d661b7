// Maps out and in. What bpftool 7.1 wrote of the same maps in Linux 6.18 is read, and written again as it was.
#include "run/map_json.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "attach/objects.h"
#include "map/host.h"
#include "map/map_of_maps.h"

namespace saya::run {
namespace {

const std::string kObject = SAYA_BINARY_DIR "/bpf/tests/cli/typed_maps.o";

/// `bpftool -j map dump`, on a machine with two CPUs.
constexpr const char* kFlows =
    R"([{"key":["0x01","0x00","0x00","0x0a","0x51","0x00","0x00","0x00"],"value":["0x03","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x01","0xfe","0x78","0x00","0x74","0x68","0x30","0x00","0x00","0x00","0x00","0x01","0x01","0x00","0x02","0x00","0xff","0xff","0x00","0x00","0x4d","0x00","0x00","0x00","0x65","0x09","0x00","0x00","0x04","0x03","0x02","0x01","0x09","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x10","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x05","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x01","0x02","0x03","0x04","0x00","0x00","0x00","0x00","0xfb","0xff","0xff","0xff","0xff","0xff","0xff","0xff","0x01","0x00","0x00","0x00","0xff","0xff","0xff","0xff","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00"],"formatted":{"key":{"ip":167772161,"port":81,"pad":[0,0]},"value":{"packets":3,"in":{"a":1,"b":-2,"c":120,"name":"","on":true},"ports":[1,2,65535],"col":77,"lo":"0x5","hi":"0x12c","u":{"x":16909060,"bytes":[4,3,2,1]},"":{"ax":9,"as":9},"p":4096,"big":"0x5","raw":[1,2,3,4],"neg":-5,"ch":1,"cv":-1}}},{"key":["0x01","0x00","0x00","0x0a","0x50","0x00","0x00","0x00"],"value":["0x03","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x01","0xfe","0x78","0x65","0x74","0x68","0x30","0x00","0x00","0x00","0x00","0x01","0x01","0x00","0x02","0x00","0xff","0xff","0x00","0x00","0x05","0x00","0x00","0x00","0x65","0x09","0x00","0x00","0x04","0x03","0x02","0x01","0x09","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x10","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x02","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x01","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x01","0x02","0x03","0x04","0x00","0x00","0x00","0x00","0xfb","0xff","0xff","0xff","0xff","0xff","0xff","0xff","0x51","0x00","0x00","0x00","0xff","0xff","0xff","0xff","0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00"],"formatted":{"key":{"ip":167772161,"port":80,"pad":[0,0]},"value":{"packets":3,"in":{"a":1,"b":-2,"c":120,"name":"eth0","on":true},"ports":[1,2,65535],"col":"GREEN","lo":"0x5","hi":"0x12c","u":{"x":16909060,"bytes":[4,3,2,1]},"":{"ax":9,"as":9},"p":4096,"big":"0x10000000000000002","raw":[1,2,3,4],"neg":-5,"ch":81,"cv":-1}}}])";
constexpr const char* kPerCpu =
    R"([{"key":["0x00","0x00","0x00","0x00"],"values":[{"cpu":0,"value":["0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00"]},{"cpu":1,"value":["0x00","0x00","0x00","0x00","0x00","0x00","0x00","0x00"]}],"formatted":{"key":0,"values":[{"cpu":0,"value":0},{"cpu":1,"value":0}]}},{"key":["0x01","0x00","0x00","0x00"],"values":[{"cpu":0,"value":["0x05","0x00","0x00","0x00","0x00","0x00","0x00","0x00"]},{"cpu":1,"value":["0x0f","0x00","0x00","0x00","0x00","0x00","0x00","0x00"]}],"formatted":{"key":1,"values":[{"cpu":0,"value":5},{"cpu":1,"value":15}]}}])";
constexpr const char* kUntyped =
    R"([{"key":["0x01","0x00","0x00","0x00"],"value":["0x01","0x02","0x03","0x00","0x00","0x00"]}])";
constexpr const char* kData =
    R"([{"key":["0x00","0x00","0x00","0x00"],"value":["0xbb","0x00","0x00","0x00","0x61","0x76","0x63","0x00","0x00","0x00"],"formatted":{"value":{".data":[{"counter":187},{"text":"avc"}]}}}])";

class MapJson : public testing::Test {
 protected:
  void SetUp() override { reopen(2); }
  void reopen(uint32_t cpus) {
    objects_ = std::make_unique<attach::Objects>(MapWorld{.nr_cpus = cpus, .hash_key = 1});
    const auto opened = objects_->open(kObject);
    ASSERT_TRUE(opened) << opened.error().message;
    maps_ = typed_maps(*objects_);
  }
  const TypedMap& map(std::string_view name) { return *find_map(maps_, name).value(); }
  /// The error, or "".
  std::string load(std::string_view name, std::string_view json) {
    const auto loaded = load_map(map(name), json, {});
    return loaded ? "" : loaded.error().message;
  }
  /// What the map holds by its types, in key order.
  Json formatted(std::string_view name) {
    Json list = Json::array();
    const Json dump = dump_json(map(name));
    for (const Json& element : dump["elements"]) list.push_back(element["formatted"]);
    return list;
  }

  std::unique_ptr<attach::Objects> objects_;
  std::vector<TypedMap> maps_;
};

/// The elements of a dump as text, sorted: two dumps of one map may list them in another order.
std::vector<std::string> lines(const Json& elements) {
  std::vector<std::string> lines;
  for (const Json& element : elements) lines.push_back(element.dump());
  std::ranges::sort(lines);
  return lines;
}

TEST_F(MapJson, reads_and_writes_what_bpftool_writes) {
  const struct {
    const char* map;
    const char* dump;
  } rows[] = {
      {"flows",         kFlows  },
      {"percpu",        kPerCpu },
      {"untyped",       kUntyped},
      {"typed_ma.data", kData   }
  };
  for (const auto& row : rows) {
    EXPECT_EQ(load(row.map, row.dump), "");
    std::string text;
    for (const std::string& line : lines(dump_json(map(row.map))["elements"])) text += line + "\n";
    // As text, since Json would keep only one of several members without a name.
    for (const std::string& line : lines(Json::parse(row.dump)))
      EXPECT_NE(text.find(line), text.npos) << row.map << "\n" << line << "\nis not in\n" << text;
  }
}

TEST_F(MapJson, reads_values_by_their_types) {
  const struct {
    const char* map;
    const char* elements;
    const char* expected;
  } rows[] = {
      {"percpu",        R"([{"key": 1, "value": "0x1f"}])",
       R"([{"key":0,"values":[{"cpu":0,"value":0},{"cpu":1,"value":0}]},{"key":1,"values":[{"cpu":0,"value":31},{"cpu":1,"value":31}]}])"                                                                                                                                                                               },
      {"percpu",        R"([{"formatted": {"key": 0, "values": [{"cpu": 1, "value": 7}]}}])",
       R"([{"key":0,"values":[{"cpu":0,"value":0},{"cpu":1,"value":7}]},{"key":1,"values":[{"cpu":0,"value":31},{"cpu":1,"value":31}]}])"                                                                                                                                                                               },
      {"typed_ma.data", R"([{"value": {".data": [{"text": "hi"}]}}])",
       R"([{"value":{".data":[{"counter":0},{"text":"hi"}]}}])"                                                                                                                                                                                                                                                         },
      {"flows",
       R"({"elements": [{"key": {"ip": 1, "port": "80"},
          "value": {"in": {"name": "lo", "on": true, "b": -128}, "ports": [9], "col": "NEG", "hi": 511, "as": 3,
                    "u": {"bytes": [1, 2]}, "p": "0x10", "big": "0x112345678123456781234567812345678",
                    "raw": "ab", "neg": -1, "ch": "Q"}}]})",                                     nullptr                                                                                                                                                                                                                   },
      {"flows",         R"({"elements": [{"key": {"ip": 1, "port": "80"},
          "value": {"in": {"name": "lo", "on": true, "b": -128}, "ports": [9], "col": "NEG", "hi": 511, "as": 3,
                    "u": {"bytes": [1, 2]}, "p": "0x10", "big": "0x12345678123456781234567812345678",
                    "raw": "ab", "neg": -1, "ch": "Q"}}]})",
       R"([{"key":{"ip":1,"port":80,"pad":[0,0]},"value":{"packets":0,"in":{"a":0,"b":-128,"c":0,"name":"lo","on":true},"ports":[9,0,0],"col":"NEG","lo":"0x0","hi":"0x1ff","u":{"x":513,"bytes":[1,2,0,0]},"":{"ax":3,"as":3},"p":16,"big":"0x12345678123456781234567812345678","raw":"ab","neg":-1,"ch":81,"cv":0}}])"},
  };
  for (const auto& row : rows) {
    if (!row.expected) {
      EXPECT_NE(load(row.map, row.elements), "") << row.elements;
      continue;
    }
    EXPECT_EQ(load(row.map, row.elements), "") << row.elements;
    EXPECT_EQ(formatted(row.map).dump(), row.expected);
  }
}

TEST_F(MapJson, finds_its_map_in_a_dump_of_several) {
  for (const char* dump :
       {R"([{"name": "other", "elements": []}, {"name": "percpu", "elements": [{"key": 1, "value": 3}]}])",
        R"({"packets": 1, "maps": [{"name": "percpu", "elements": [{"key": 1, "value": 3}]}]})",
        R"({"name": "whatever", "elements": [{"key": 1, "value": 3}]})"}) {
    reopen(1);
    EXPECT_EQ(load("percpu", dump), "") << dump;
    EXPECT_EQ(formatted("percpu")[1].dump(), R"({"key":1,"values":[{"cpu":0,"value":3}]})") << dump;
  }
  EXPECT_EQ(load("percpu", R"([{"name": "other", "elements": []}])"), "has several maps, none of them is 'percpu'");
}

TEST_F(MapJson, refusals_name_the_element) {
  const std::string deep(100, '[');
  const struct {
    const char* map;
    std::string json;
    const char* words;
  } rows[] = {
      {"flows", "", "parse error"},
      {"flows", "[{]", "parse error"},
      {"flows", deep + std::string(100, ']'), "is nested deeper than 64 levels"},
      {"flows", "7", "must be a list of elements"},
      {"flows", "[7]", "element 0: must be an object with a key and a value"},
      {"flows", R"([{"value": {}}])", "element 0: has no \"key\""},
      {"flows", R"([{"key": {}}])", "element 0: has no \"value\""},
      {"flows", R"([{"key": {"ip": 1}, "value": {}}, {"key": {"ipp": 1}, "value": {}}])",
       "element 1: key: there is no member 'ipp'; there are: ip, port, pad"},
      {"flows", R"([{"key": {"port": 65536}, "value": {}}])",
       "element 0: key: port: type __u16: 65536 is not in 0..65535"},
      {"flows", R"([{"key": {"pad": [0, 1, 2]}, "value": {}}])",
       "element 0: key: pad: has 3 elements, must have at most 2"},
      {"flows", R"([{"key": {}, "value": {"ports": [1, "x"]}}])",
       "element 0: value: ports: [1]: type port_t: 'x' is not an integer"},
      {"flows", R"([{"key": {}, "value": {"in": {"name": "123456789"}}}])",
       "element 0: value: in: name: '123456789' has 9 bytes, at most 8 fit"},
      {"flows", R"([{"key": {}, "value": {"in": 5}}])",
       "element 0: value: in: 5 is not an object with the members of struct inner"},
      {"flows", R"([{"key": {}, "value": {"col": "BLUE"}}])",
       "element 0: value: col: type enum color: 'BLUE' is no enumerator and no integer, there are RED, GREEN, NEG"},
      {"flows", R"([{"key": {}, "value": {"lo": 8}}])", "element 0: value: lo: type __u32: 8 is not in 0..7"},
      {"flows", R"([{"key": {}, "value": {"packets": 1.5}}])",
       "element 0: value: packets: 1.5 is not a value of type __u64"},
      {"flows", R"([{"key": {}, "value": {"p": "here"}}])", "element 0: value: p: \"here\" is not an address"},
      {"untyped", R"([{"key": ["0x01"], "value": 1}])", "element 0: key: has 1 bytes, must have 4"},
      {"untyped", R"([{"key": 4294967296, "value": 1}])", "element 0: key: 4294967296 is not in 0..4294967295"},
      {"percpu", R"([{"key": 2, "value": 1}])",
       "element 0: map 'percpu': key 02 00 00 00 is beyond the limit of 2 entries"},
      {"percpu", R"([{"key": 1, "values": [{"cpu": 2, "value": 1}]}])",
       "element 0: values: CPU 2 has one, and the map has CPUs 0..1 only"},
      {"percpu", R"([{"key": 1, "values": [7]}])",
       "element 0: values: each must be an object with \"cpu\" and \"value\""},
      {"typed_ma.rodata", "[]", "map 'typed_ma.rodata' holds constants"},
      {"typed_ma.data", R"([{"value": {".data": [{"nosuch": 1}]}}])",
       "element 0: value: there is no variable 'nosuch'"},
  };
  for (const auto& row : rows) {
    const std::string words = load(row.map, row.json);
    EXPECT_NE(words.find(row.words), words.npos) << row.json << "\n" << words;
  }
}

TEST_F(MapJson, a_value_of_a_cpu_that_is_not_there_may_be_zero) {
  EXPECT_EQ(load("percpu", R"([{"key": 1, "values": [{"cpu": 0, "value": 4}, {"cpu": 63, "value": 0}]}])"), "");
  EXPECT_EQ(formatted("percpu")[1].dump(), R"({"key":1,"values":[{"cpu":0,"value":4},{"cpu":1,"value":0}]})");
}

TEST(MapOfMapsJson, inner_maps_are_made_and_filled) {
  const MapSpec shape{.name = "inner", .type = 1, .key_size = 4, .value_size = 4, .max_entries = 4};
  MapSpec spec{.name = "outer", .type = 13, .key_size = 4, .value_size = 4, .max_entries = 4};
  spec.inner = std::make_shared<MapSpec>(shape);
  const TypedMap outer{.map = create_map(spec, {}).value(), .name = "outer"};
  constexpr const char* kDump =
      R"([{"key":["0x07","0x00","0x00","0x00"],"inner_map":"inner","elements":[{"key":["0x01","0x00","0x00","0x00"],"value":["0x02","0x00","0x00","0x00"]}]}])";
  const auto loaded = load_map(outer, kDump, {});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(dump_json(outer)["elements"].dump(), kDump);
  EXPECT_EQ(dump_text(outer), "\nMAP outer (hash_of_maps, 4 entries at most)\n  7: map inner\n    1: 2\n");
  EXPECT_FALSE(load_map(outer, R"([{"key": 7, "elements": [{"key": 1}]}])", {}));
}

}  // namespace
}  // namespace saya::run

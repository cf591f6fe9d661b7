// Captures: what is written is read back, by us and by tcpdump; what is damaged is named with file and frame.
#include "packet/capture.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/bytes.h"

namespace saya {
namespace {

using Bytes = std::vector<std::byte>;

class Capture : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name) const { return folder_ / name; }
  std::string file(const std::string& name, const std::string& hex) const {
    const Bytes bytes = *from_hex(hex);
    std::ofstream(file(name), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return file(name);
  }

 private:
  std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) / ("saya-capture-" + std::to_string(::getpid()));
};

/// All frames up to the end or the error.
struct Contents {
  std::vector<Bytes> frames;
  std::vector<Nanoseconds> times;
  std::string error;
};

Contents read_all(const std::string& path) {
  Contents contents;
  Result<CaptureReader> reader = CaptureReader::open(path);
  if (!reader) {
    contents.error = reader.error().message;
    return contents;
  }
  for (;;) {
    const auto frame = reader->next();
    if (!frame) contents.error = frame.error().message;
    if (!frame || !*frame) return contents;
    contents.frames.emplace_back((*frame)->bytes.begin(), (*frame)->bytes.end());
    contents.times.push_back((*frame)->timestamp);
  }
}

std::string output_of(const std::string& command) {
  std::string text;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::array<char, 4096> part{};
  while (pipe && std::fgets(part.data(), part.size(), pipe)) text += part.data();
  if (pipe) ::pclose(pipe);
  return text;
}

const std::string kFrame =
    "02000000000b02000000000a08004500002100010000401166ca0a0000010a00000204000035000d000068656c6c6f";
// Little endian, version 2.4, snap length 65535, Ethernet.
const std::string kMicroHeader = "d4c3b2a1020004000000000000000000ffff000001000000";
const std::string kNanoHeader = "4d3cb2a1020004000000000000000000ffff000001000000";
const std::string kBigEndianHeader =
    "a1b2c3d400020004000000000000000000040000"
    "00000001";
// Second 5, fraction 7, 4 bytes of 60.
const std::string kRecord =
    "0500000007000000040000003c000000"
    "deadbeef";

TEST_F(Capture, WhatIsWrittenIsReadBack) {
  const std::string names[] = {"lan0", "a port with a long name"};
  Result<CaptureWriter> writer = CaptureWriter::create(file("out.pcapng"), names);
  ASSERT_TRUE(writer) << writer.error().message;
  const Nanoseconds moments[] = {0, 1, 1'700'000'000'123'456'789};
  std::vector<Bytes> frames;
  for (const size_t size : {size_t{0}, size_t{1}, size_t{61}, size_t{65550}, kMaxCapturedFrame})
    frames.emplace_back(size, std::byte{0x5a});
  std::vector<Nanoseconds> times;
  for (size_t i = 0; i < frames.size(); ++i) {
    times.push_back(moments[i % 3]);
    ASSERT_TRUE(writer->write(i % 2, times[i], frames[i], Direction::outbound, i % 2 ? "why" : ""));
  }
  ASSERT_TRUE(writer->close());
  ASSERT_TRUE(writer->close()) << "closing twice is harmless";
  const Contents contents = read_all(file("out.pcapng"));
  EXPECT_EQ(contents.error, "");
  EXPECT_EQ(contents.frames, frames);
  EXPECT_EQ(contents.times, times);
}

TEST_F(Capture, BlocksLieAsThePcapngDraftSays) {
  const std::string names[] = {"p0"};
  Result<CaptureWriter> writer = CaptureWriter::create(file("out.pcapng"), names);
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->write(0, 0x123456789a, *from_hex("0102030405"), Direction::inbound, "drop"));
  ASSERT_TRUE(writer->close());
  std::ifstream in(file("out.pcapng"), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  EXPECT_EQ(to_hex(std::as_bytes(std::span(bytes))),
            "0a0d0d0a280000004d3c2b1a01000000ffffffffffffffff0400040073617961"
            "0000000028000000"
            "0100000028000000"
            "0100000000000400"
            "0200020070300000"
            "0900010009000000"
            "0000000028000000"
            "060000003c000000"
            "00000000120000009a785634"
            "0500000005000000"
            "0102030405000000"
            "0200040001000000"
            "0100040064726f70"
            "000000003c000000");
}

TEST_F(Capture, TcpdumpReadsWhatIsWritten) {
  if (::access("/usr/bin/tcpdump", X_OK) != 0)
    GTEST_SKIP() << "no tcpdump to read with: runs where the package tcpdump is installed, as ./test does";
  const std::string names[] = {"lan0"};
  Result<CaptureWriter> writer = CaptureWriter::create(file("out.pcapng"), names);
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->write(0, 1'700'000'000'123'456'789, *from_hex(kFrame), Direction::inbound, "passed"));
  ASSERT_TRUE(writer->close());
  const std::string text = output_of("tcpdump --time-stamp-precision=nano -tt -n -r " + file("out.pcapng") + " 2>&1");
  EXPECT_NE(text.find("link-type EN10MB"), std::string::npos) << text;
  EXPECT_NE(text.find("1700000000.123456789 "), std::string::npos) << text;
  EXPECT_NE(text.find("IP 10.0.0.1.1024 > 10.0.0.2.53"), std::string::npos) << text;
}

TEST_F(Capture, PcapOfBothPrecisionsIsReadInNanoseconds) {
  EXPECT_EQ(read_all(file("micro.pcap", kMicroHeader + kRecord)).times, std::vector<Nanoseconds>{5'000'007'000});
  EXPECT_EQ(read_all(file("nano.pcap", kNanoHeader + kRecord)).times, std::vector<Nanoseconds>{5'000'000'007});
}

TEST_F(Capture, AFrameThatWasCutKeepsItsLengthOnTheWire) {
  Result<CaptureReader> reader = CaptureReader::open(file("cut.pcap", kMicroHeader + kRecord));
  ASSERT_TRUE(reader);
  const auto frame = reader->next();
  ASSERT_TRUE(frame && *frame);
  EXPECT_EQ((*frame)->bytes.size(), 4u);
  EXPECT_EQ((*frame)->original_length, 60u);
}

TEST_F(Capture, CapturesWithoutFramesAreEmptyNotWrong) {
  const std::string names[] = {"p0"};
  {
    ASSERT_TRUE(CaptureWriter::create(file("empty.pcapng"), names));
  }
  for (const std::string& path :
       {file("empty.pcapng"), file("little.pcap", kMicroHeader), file("big.pcap", kBigEndianHeader)}) {
    const Contents contents = read_all(path);
    EXPECT_EQ(contents.error, "");
    EXPECT_TRUE(contents.frames.empty());
  }
}

TEST_F(Capture, ATruncatedFileGivesItsFramesAndThenNamesTheDamage) {
  const std::string whole = kMicroHeader + kRecord + kRecord;
  const std::string path = file("short.pcap", whole.substr(0, whole.size() - 2));
  const Contents contents = read_all(path);
  EXPECT_EQ(contents.frames.size(), 1u);
  EXPECT_EQ(contents.error,
            "capture '" + path + "': frame 2: truncated dump file; tried to read 4 captured bytes, only got 3");
}

TEST_F(Capture, ATruncatedPcapngGivesItsFramesAndThenNamesTheDamage) {
  const std::string names[] = {"p0"};
  {
    Result<CaptureWriter> writer = CaptureWriter::create(file("cut.pcapng"), names);
    ASSERT_TRUE(writer);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(writer->write(0, i, *from_hex(kFrame), Direction::unknown, ""));
  }
  std::filesystem::resize_file(file("cut.pcapng"), std::filesystem::file_size(file("cut.pcapng")) - 10);
  const Contents contents = read_all(file("cut.pcapng"));
  EXPECT_EQ(contents.frames.size(), 2u);
  EXPECT_NE(contents.error.find("frame 3: "), std::string::npos) << contents.error;
}

TEST_F(Capture, FilesThatAreNoCapturesOfEthernetAreRefusedByName) {
  const std::string cooked = kMicroHeader.substr(0, 40) + "71000000";
  EXPECT_EQ(read_all(file("cooked.pcap", cooked)).error,
            "capture '" + file("cooked.pcap") + "': link type is LINUX_SLL, must be EN10MB (Ethernet)");
  EXPECT_NE(read_all(file("text.pcap", "68656c6c6f")).error.find("capture '" + file("text.pcap") + "': "),
            std::string::npos);
  EXPECT_NE(read_all(file("none.pcap")).error.find("none.pcap"), std::string::npos);
  EXPECT_NE(read_all(file("void.pcap", "")).error.find("void.pcap"), std::string::npos);
  EXPECT_NE(read_all(::testing::TempDir()).error, "");
}

TEST_F(Capture, ATimeWhoseDistanceFromAnotherDoesNotFitIsRefused) {
  const std::string section = "0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000";
  // Whole seconds (if_tsresol 0), then one empty frame at 2^33 of them.
  const std::string seconds = "0100000020000000010000000000000009000100000000000000000020000000";
  const std::string frame =
      "060000002000000000000000020000000000000000000000000000002000"
      "0000";
  EXPECT_EQ(read_all(file("far.pcapng", section + seconds + frame)).error,
            "capture '" + file("far.pcapng") +
                "': frame 1: its time is 8589934592 seconds from 1970, at most 4611686013 are read");
}

TEST_F(Capture, AFrameBeyondTheLimitIsRefusedInBothDirections) {
  const std::string huge = kMicroHeader.substr(0, 32) +
                           "ffffff7f01000000"
                           "0500000007000000"
                           "0100040001000400";
  const Contents contents = read_all(file("huge.pcap", huge + std::string(2 * 262145, '0')));
  EXPECT_TRUE(contents.frames.empty());
  EXPECT_NE(contents.error.find("frame 1: "), std::string::npos) << contents.error;
  EXPECT_NE(contents.error.find("262144"), std::string::npos) << contents.error;

  const std::string names[] = {"p0"};
  Result<CaptureWriter> writer = CaptureWriter::create(file("out.pcapng"), names);
  ASSERT_TRUE(writer);
  EXPECT_FALSE(writer->write(0, 0, Bytes(kMaxCapturedFrame + 1), Direction::unknown, ""));
  EXPECT_FALSE(writer->write(1, 0, {}, Direction::unknown, ""));
  EXPECT_FALSE(writer->write(0, -1, {}, Direction::unknown, ""));
  EXPECT_FALSE(writer->write(0, 0, {}, Direction::unknown, std::string(65536, 'c')));
  EXPECT_TRUE(writer->write(0, 0, {}, Direction::unknown, std::string(65535, 'c')));
}

TEST_F(Capture, ADiskThatRefusesIsReported) {
  if (::access("/dev/full", W_OK) != 0)
    GTEST_SKIP() << "no writable /dev/full: runs on any Linux with a populated /dev";
  const std::string names[] = {"p0"};
  Result<CaptureWriter> writer = CaptureWriter::create("/dev/full", names);
  ASSERT_TRUE(writer);
  const Result<> closed = writer->close();
  ASSERT_FALSE(closed);
  EXPECT_NE(closed.error().message.find("No space left on device"), std::string::npos) << closed.error().message;
  EXPECT_FALSE(CaptureWriter::create(file("no/such/folder"), names));
  EXPECT_FALSE(CaptureWriter::create(file("out.pcapng"), {}));
}

}  // namespace
}  // namespace saya

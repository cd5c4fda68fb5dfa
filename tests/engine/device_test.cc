#include "engine/device.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

Device device(std::string_view text, const DeviceOptions& options = {}) {
  auto parsed = parse_device(text, options);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : Device{};
}

std::string refusal(std::string_view text) {
  const auto parsed = parse_device(text, {});
  EXPECT_FALSE(parsed) << text;
  return parsed ? "" : parsed.error().what;
}

TEST(Device, Tap) {
  const Device d = device("tap:ps-lan", {.index = 3});
  EXPECT_EQ(d.kind, Device::Kind::tap);
  EXPECT_EQ(d.name, "net_tap3");
  EXPECT_EQ(d.arguments, "iface=ps-lan");
  EXPECT_EQ(d.interface, "ps-lan");
  EXPECT_TRUE(d.is_virtual());
}

TEST(Device, AfPacketHasRoomForItsMtu) {
  const Device small = device("af_packet:eth0", {.index = 1, .queues = 2});
  EXPECT_EQ(small.kind, Device::Kind::af_packet);
  EXPECT_EQ(small.name, "net_af_packet1");
  EXPECT_EQ(small.arguments, "iface=eth0,qpairs=2,framesz=2048,blocksz=8192,framecnt=512");
  EXPECT_EQ(small.interface, "eth0");
  EXPECT_EQ(device("af_packet:eth0", {.mtu = 9000}).arguments, "iface=eth0,qpairs=1,framesz=16384,blocksz=65536,framecnt=512");
  EXPECT_NE(device("af_packet:eth0", {.mtu = 1964}).arguments.find("framesz=2048"), std::string::npos)
      << "1964 + 84 bytes just fit";
  EXPECT_NE(device("af_packet:eth0", {.mtu = 1965}).arguments.find("framesz=16384"), std::string::npos);
}

TEST(Device, AfXdp) {
  const Device d = device("af_xdp:veth1", {.index = 2, .queues = 4});
  EXPECT_EQ(d.kind, Device::Kind::af_xdp);
  EXPECT_EQ(d.name, "net_af_xdp2");
  EXPECT_EQ(d.arguments, "iface=veth1,start_queue=0,queue_count=4");
}

TEST(Device, MemifIsClientUnlessItSaysServer) {
  const Device client = device("memif:/run/a.sock", {.index = 5});
  EXPECT_EQ(client.kind, Device::Kind::memif);
  EXPECT_EQ(client.name, "net_memif5");
  EXPECT_EQ(client.arguments, "socket=/run/a.sock,socket-abstract=no,role=client,id=0");
  EXPECT_EQ(device("memif:/run/a.sock,client").arguments, client.arguments);
  EXPECT_EQ(device("memif:/run/a.sock,server").arguments, "socket=/run/a.sock,socket-abstract=no,role=server,id=0");
  EXPECT_TRUE(client.interface.empty());
}

TEST(Device, Pci) {
  const Device d = device("pci:0000:3b:00.0");
  EXPECT_EQ(d.kind, Device::Kind::pci);
  EXPECT_EQ(d.name, "0000:3b:00.0");
  EXPECT_FALSE(d.is_virtual());
}

TEST(Device, VdevIsPassedOn) {
  const Device d = device("vdev:net_null0,size=64,copy=0");
  EXPECT_EQ(d.kind, Device::Kind::vdev);
  EXPECT_EQ(d.name, "net_null0");
  EXPECT_EQ(d.arguments, "size=64,copy=0");
  EXPECT_EQ(device("vdev:net_null0").arguments, "");
}

TEST(Device, AnUnknownKindSaysWhatThereIs) {
  for (const char* bad : {"", "eth0", "tun:x", "TAP:x", ":x"}) {
    const std::string what = refusal(bad);
    for (const char* kind : {"tap:", "af_packet:", "af_xdp:", "memif:", "pci:", "vdev:"})
      EXPECT_NE(what.find(kind), std::string::npos) << what;
  }
}

TEST(Device, InterfaceNamesAreTheKernels) {
  for (const char* kind : {"tap", "af_packet", "af_xdp"})
    for (const char* bad : {"", "sixteen-letters-", "a/b", "a,b", "a=b", "a b", "a\tb", "a\nb"}) {
      const std::string what = refusal(std::string{kind} + ":" + bad);
      EXPECT_NE(what.find("interface name"), std::string::npos) << what;
      EXPECT_NE(what.find(kind), std::string::npos) << what;
    }
  EXPECT_EQ(device("tap:fifteen-letters").interface, "fifteen-letters");
}

TEST(Device, BadMemifsAndPciAddresses) {
  for (const char* bad : {"memif:", "memif:,server", "memif:/a,master", "memif:/a,server,client"})
    EXPECT_NE(refusal(bad).find("memif:SOCKET"), std::string::npos);
  EXPECT_NE(refusal("memif:/" + std::string(100, 'x')).find("memif:SOCKET"), std::string::npos) << "sun_path has 108 bytes";
  for (const char* bad : {"pci:", "pci:3b:00.0", "pci:0000:3b:00", "pci:0000:3b:00.0 ", "pci:0000-3b-00.0", "pci:000g:3b:00.0"})
    EXPECT_NE(refusal(bad).find("0000:3b:00.0"), std::string::npos) << bad;
  EXPECT_NE(refusal("vdev:").find("devargs"), std::string::npos);
  EXPECT_NE(refusal("vdev:,x=1").find("devargs"), std::string::npos);
}

TEST(Device, VlanIsNamedAsNotSupportedYet) {
  const auto parsed = parse_device("vlan:lan.100", {});
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, Errc::not_supported);
}

}  // namespace
}  // namespace engine

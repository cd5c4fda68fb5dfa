// Origin servers: they accept everything and answer every request with one response.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/macro/peer_port.h"

namespace bench {

class OriginPort final : public TcpPeerPort {
 public:
  /// `client_request`: what the clients sent; what comes here is that and what a proxy adds.
  OriginPort(const PeerContext& context, std::string response, std::string client_request)
      : TcpPeerPort{context}, response_{std::move(response)}, client_request_{std::move(client_request)} {}

 private:
  struct Answer {
    Segment segment;
    bool with_text = false;
  };
  std::uint16_t produce(rte_mbuf** mbufs, std::uint16_t room) noexcept override;
  void on_segment(const Seen& seen) noexcept override;
  void check_request(const Seen& seen) noexcept;

  std::string response_, client_request_;
  std::vector<Answer> due_;  // first in, first out, from next_ on
  std::size_t next_ = 0;
};

}  // namespace bench

#include "engine/mempool.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_mempool.h>

#include <fmt/format.h>

namespace engine {

namespace {

/// rte_pktmbuf_pool_create, but on normal pages without a boundary at each of them: it would put one mbuf of 2.4 KB on a page of
/// 4 KB, for devices that address memory by pages. With normal pages there are none: virtual devices copy, and vfio maps virtual
/// addresses.
rte_mempool* create_pktmbuf_pool(const std::string& name, unsigned mbufs, std::uint16_t room, const Mempool::Options& options) {
  const unsigned flags = rte_eal_has_hugepages() != 0 ? 0u : RTE_MEMPOOL_F_NO_IOVA_CONTIG;
  rte_mempool* pool =
      rte_mempool_create_empty(name.c_str(), mbufs, sizeof(rte_mbuf) + room, static_cast<unsigned>(options.limits.mempool_cache),
                               sizeof(rte_pktmbuf_pool_private), options.numa_node, flags);
  if (pool == nullptr) return nullptr;
  rte_pktmbuf_pool_private sizes{};
  sizes.mbuf_data_room_size = room;
  const bool ok = rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), nullptr) == 0;
  rte_pktmbuf_pool_init(pool, &sizes);
  if (!ok || rte_mempool_populate_default(pool) < 0) {
    rte_mempool_free(pool);
    return nullptr;
  }
  rte_mempool_obj_iter(pool, rte_pktmbuf_init, nullptr);
  return pool;
}

Result<rte_mempool*> create_pool(const std::string& name, std::uint64_t mbufs, std::uint16_t room,
                                 const Mempool::Options& options) {
  if (mbufs > UINT32_MAX) return Error{Errc::exhausted, fmt::format("{} mbufs are more than a mempool can hold", mbufs), name};
  if (rte_mempool* pool = create_pktmbuf_pool(name, static_cast<unsigned>(mbufs), room, options)) return pool;
  return Error{
      Errc::exhausted,
      fmt::format("no memory for {} mbufs ({} MiB): {}", mbufs, mempool_bytes(mbufs, room) >> 20, rte_strerror(rte_errno)), name};
}

}  // namespace

Result<std::unique_ptr<Mempool>> Mempool::create(const Options& options) {
  const auto room = static_cast<std::uint16_t>(options.data_room_bytes + RTE_PKTMBUF_HEADROOM);
  auto packets = create_pool(options.name, mbufs_per_shard(options.limits), room, options);
  if (!packets) return packets.error();
  auto references = create_pool(options.name + "_ref", reference_mbufs_per_shard(options.limits), 0, options);
  if (!references) {
    rte_mempool_free(*packets);
    return references.error();
  }
  return std::unique_ptr<Mempool>{new Mempool{*packets, *references, options.data_room_bytes}};
}

Mempool::~Mempool() {
  rte_mempool_free(references_);
  rte_mempool_free(packets_);
}

rte_mbuf* Mempool::refer(const Slice& slice) noexcept {
  rte_mbuf* reference = rte_pktmbuf_alloc(references_);
  if (reference == nullptr) return nullptr;
  rte_mbuf* direct = slice.mbuf();
  rte_pktmbuf_attach(reference, direct);
  reference->data_off = static_cast<std::uint16_t>(reinterpret_cast<const char*>(slice.bytes().data()) -
                                                   static_cast<const char*>(direct->buf_addr));
  reference->data_len = static_cast<std::uint16_t>(slice.size());
  reference->pkt_len = slice.size();
  reference->ol_flags &= RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL;  // attach copies what the receiving driver said
  return reference;
}

std::uint64_t mempool_bytes(std::uint64_t mbufs, std::uint16_t data_room_bytes) noexcept {
  rte_mempool_objsz size{};
  const std::uint32_t element = sizeof(rte_mbuf) + data_room_bytes + RTE_PKTMBUF_HEADROOM;
  return mbufs * rte_mempool_calc_obj_size(element, 0, &size);
}

}  // namespace engine

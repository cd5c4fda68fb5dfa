// Bytes that outlive a burst: address, length and a counted holder. The only handle of payload that tcp and http know.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/counters.h"

struct rte_mbuf;

namespace engine {

class SharedBytes;

/// A view of bytes with a share in what holds them: an mbuf, shared bytes (a fixed body, a cached file), or nothing (static
/// storage). Move-only: a second share is taken by name (`share`), so that every reference is visible. 24 bytes.
class Slice {
 public:
  Slice() noexcept = default;
  Slice(Slice&& other) noexcept
      : data_{std::exchange(other.data_, nullptr)},
        holder_{std::exchange(other.holder_, 0)},
        length_{std::exchange(other.length_, 0)} {}
  Slice& operator=(Slice&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(holder_, other.holder_);
    std::swap(length_, other.length_);
    return *this;
  }
  ~Slice() { reset(); }

  /// Takes over the caller's reference to `mbuf`; `bytes` lie in it.
  [[nodiscard]] static Slice of_mbuf(rte_mbuf* mbuf, std::span<const std::byte> bytes) noexcept {
    return Slice{bytes, reinterpret_cast<std::uintptr_t>(mbuf)};
  }
  /// Bytes of static storage: nobody counts them. They are copied when sent.
  [[nodiscard]] static Slice of_static(std::string_view text) noexcept {
    return Slice{std::as_bytes(std::span{text.data(), text.size()}), 0};
  }

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {data_, length_}; }
  [[nodiscard]] std::string_view text() const noexcept { return {reinterpret_cast<const char*>(data_), length_}; }
  [[nodiscard]] std::uint32_t size() const noexcept { return length_; }
  [[nodiscard]] bool empty() const noexcept { return length_ == 0; }
  [[nodiscard]] bool is_mbuf() const noexcept { return holder_ != 0 && (holder_ & shared_tag) == 0; }

  /// Another reference to a part.   Requires: offset + length <= size().
  [[nodiscard]] Slice share(std::uint32_t offset, std::uint32_t length) const noexcept;
  void remove_prefix(std::uint32_t n) noexcept { data_ += n, length_ -= n; }
  void remove_suffix(std::uint32_t n) noexcept { length_ -= n; }
  void reset() noexcept {
    if (holder_ != 0) release();
    data_ = nullptr, length_ = 0, holder_ = 0;
  }

  /// Copies `more` behind this slice if it is the only user of its mbuf, ends where the mbuf's data end, and the mbuf has room.
  /// Returns: false, with nothing changed, otherwise.
  [[nodiscard]] bool try_append_copy(std::span<const std::byte> more) noexcept;

  /// The mbuf that holds the bytes, or null.
  [[nodiscard]] rte_mbuf* mbuf() const noexcept { return is_mbuf() ? reinterpret_cast<rte_mbuf*>(holder_) : nullptr; }
  /// The shared bytes that hold the bytes, or null.
  [[nodiscard]] SharedBytes* shared() const noexcept {
    return (holder_ & shared_tag) != 0 ? reinterpret_cast<SharedBytes*>(holder_ & ~shared_tag) : nullptr;
  }

 private:
  friend class SharedBytes;
  static constexpr std::uintptr_t shared_tag = 1;
  Slice(std::span<const std::byte> bytes, std::uintptr_t holder) noexcept
      : data_{bytes.data()}, holder_{holder}, length_{static_cast<std::uint32_t>(bytes.size())} {}
  void release() noexcept;

  const std::byte* data_ = nullptr;
  std::uintptr_t holder_ = 0;  // an rte_mbuf, or a SharedBytes with the lowest bit set
  std::uint32_t length_ = 0;
};
static_assert(sizeof(Slice) == 24);

/// Immutable bytes on the heap with a count of the slices that use them. Each shard makes its own object: the count is written by
/// one core only, while the bytes themselves may be common to all. A NIC cannot read heap memory: such slices are copied when
/// sent.
class SharedBytes {
 public:
  /// A handle to a new object over `memory`; the object goes with its last slice.
  [[nodiscard]] static Slice make(std::shared_ptr<const std::string> memory);
  SharedBytes(const SharedBytes&) = delete;
  SharedBytes& operator=(const SharedBytes&) = delete;

  void add_reference() noexcept { references_.add(); }
  void drop_reference() noexcept {
    references_.sub();
    if (references_.get() == 0) delete this;
  }
  /// Only the handle that `make` returned is left. Any thread may ask; only the shard's own answer stays true.
  [[nodiscard]] bool is_unshared() const noexcept { return references_.get() == 1; }

 private:
  explicit SharedBytes(std::shared_ptr<const std::string> memory) noexcept : memory_{std::move(memory)} { references_.add(); }
  ~SharedBytes() = default;

  Counter references_;
  std::shared_ptr<const std::string> memory_;
};

}  // namespace engine

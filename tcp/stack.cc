#include "tcp/stack.h"

#include <algorithm>

#include "engine/byte_buffer.h"
#include "engine/check.h"

namespace tcp {

Stack::Stack(const Options& o, Limits& limits, engine::Shard& shard)
    : shard_{shard},
      account_{o.account_mbufs, o.account_connections != 0 ? o.account_connections : o.connections_max},
      tcbs_{o.connections_max},
      // A node per mbuf that the account can hold, and some for slices that are not in mbufs (fixed bodies).
      nodes_{static_cast<std::uint32_t>(o.account_mbufs + o.connections_max)},
      colds_{o.connections_max},
      reassemblies_{static_cast<std::uint32_t>(std::min<std::uint64_t>(o.connections_max, o.account_mbufs / 4 + 1))},
      machine_{config_, Memory{nodes_, colds_, reassemblies_, account_}, counters_},
      table_{o.connections_max},
      wheel_{o.connections_max},
      time_wait_{limits.time_wait_per_shard, config_.time_wait},
      ports_{shard.steering(), shard.id(), o.port_seed},
      isn_{o.isn_key},
      cookies_{o.isn_key},
      path_mtus_{o.isn_key},
      hash_key_{o.hash_key},
      connections_lease_{limits.connections, shard.steering().shards()},
      half_open_lease_{limits.half_open, shard.steering().shards()} {
  touched_.reserve(touched_max);
  events_.reserve(touched_max);
  again_.reserve(touched_max);
  late_events_.reserve(touched_max);
  gone_.reserve(o.connections_max);
  blocked_.reserve(o.connections_max);
  is_blocked_.resize(o.connections_max);
}

Stack::~Stack() {
  // Connections that are still there: their slices must return their mbufs before the mempool goes.
  for (std::uint32_t id = 0, left = tcbs_.used(); left != 0 && id < tcbs_.capacity(); ++id) {
    Tcb& tcb = tcbs_[id];
    if (tcb.state == State::closed) continue;
    machine_.release(tcb);
    --left;
  }
}

void Stack::adopt(const engine::Snapshot& snapshot, Instant now) noexcept {
  snapshot_ = static_cast<const Snapshot*>(&snapshot);
  config_ = snapshot_->tcp;
  time_wait_.set_duration(config_.time_wait);
  application_->adopt(*snapshot_, now);
}

bool Stack::on_time(Instant now) noexcept {
  now_ = now;
  std::uint32_t work = wheel_.advance(now, expiries_per_turn, [&](std::uint32_t id) noexcept { on_expiry(id, now); });
  work += time_wait_.expire(now, expiries_per_turn);
  counters_.time_wait.set(time_wait_.size());
  for (const ConnId id : again_) touch(id).may_send = true;
  work += static_cast<std::uint32_t>(again_.size());
  again_.clear();
  bool worked = work != 0;
  if (!blocked_.empty()) worked |= wake_blocked();
  deliver_events(now);
  worked |= application_->on_time(now);
  flush_output(now);
  for (const Touched& late : late_events_) {  // what the application's own calls caused: in the next turn
    Outbox& out = touch(late.id);
    out.event(late.out.events);
    out.reason = late.out.reason;
  }
  late_events_.clear();
  for (const ConnId id : gone_) free_connection(id);
  gone_.clear();
  return worked;
}

std::optional<Instant> Stack::next_deadline(Instant now) const noexcept {
  if (!again_.empty() || !touched_.empty()) return now;
  auto earliest = wheel_.next_deadline(now);
  const auto take = [&](std::optional<Instant> other) {
    if (other && (!earliest || *other < *earliest)) earliest = other;
  };
  take(time_wait_.next_deadline(now));
  take(application_->next_deadline(now));
  if (!blocked_.empty()) take(now + engine::TimerWheel::tick);
  return earliest;
}

/// The Outbox of a connection for this turn.
Outbox& Stack::touch(ConnId id) noexcept {
  Tcb& tcb = tcbs_[id];
  if (tcb.touched == Tcb::untouched) {
    if (touched_.size() == touched_max) [[unlikely]]
      flush_output(now_);
    tcb.touched = touched_.size() & Tcb::untouched;
    touched_.push_back({id, {}});
  }
  return touched_[tcb.touched].out;
}

void Stack::on_expiry(ConnId id, Instant now) noexcept {
  Tcb& tcb = tcbs_[id];
  const Tick tick = engine::TimerWheel::floor_tick(now);
  for (std::size_t i = 0; i < static_cast<std::size_t>(Timer::count_); ++i) {
    const auto timer = static_cast<Timer>(i);
    if (tcb.is_armed(timer) && static_cast<std::int32_t>(tcb.deadline(timer) - tick) <= 0 && tcb.state != State::closed)
      machine_.on_timer(tcb, timer, now, touch(id));
  }
  if (tcb.touched == Tcb::untouched) rearm(id, now);  // woken by a deadline that moved: the wheel is armed lazily
}

/// The wheel fires at the earliest deadline or before it: a deadline that moved away is noticed when it fires.
void Stack::rearm(ConnId id, Instant) noexcept {
  const auto deadline = Machine::next_deadline(tcbs_[id]);
  if (!deadline) return;
  if (!wheel_.is_armed(id) || static_cast<std::int32_t>(*deadline - wheel_.deadline(id)) < 0) wheel_.arm(id, *deadline);
}

/// Memory came back: those who could not send may try again, a few at a time.
bool Stack::wake_blocked() noexcept {
  bool woke = false;
  for (unsigned n = 0; n < 16 && !blocked_.empty() && account_.may_accept(); ++n) {
    const ConnId id = blocked_.back();
    blocked_.pop_back();
    is_blocked_[id] = false;
    Tcb& tcb = tcbs_[id];
    if (tcb.state == State::closed || !tcb.has(Tcb::send_blocked)) continue;
    tcb.clear(Tcb::send_blocked);
    touch(id).event(Outbox::writable);
    woke = true;
  }
  return woke;
}

void Stack::deliver_events(Instant now) noexcept {
  events_.clear();
  for (Touched& touched : touched_) {
    if (touched.out.events == 0) continue;
    Tcb& tcb = tcbs_[touched.id];
    std::uint8_t what = std::exchange(touched.out.events, std::uint8_t{0});
    if (tcb.has(Tcb::app_gone)) continue;
    if ((what & (Outbox::accepted | Outbox::connected)) != 0) {
      (tcb.has(Tcb::passive) ? counters_.accepted : counters_.opened).add();
      if (tcb.has(Tcb::half_open)) half_open_lease_.give_back();
      tcb.clear(Tcb::half_open);
      tcb.set(Tcb::app_knows);
    }
    if (tcb.has(Tcb::passive) && !tcb.has(Tcb::app_knows)) continue;  // died during the handshake: nobody heard of it
    if ((what & Outbox::closed) != 0) {
      if (touched.out.reason == CloseReason::finished && !tcb.received.empty()) {
        tcb.set(Tcb::unread);  // both sides are done, but what came is the application's: it reads first
        what = static_cast<std::uint8_t>(what & ~Outbox::closed);
      } else {
        tcb.set(Tcb::app_gone);
      }
    }
    if (what != 0) events_.push_back({touched.id, tcb.cookie, what, touched.out.reason, tcb.listener});
  }
  if (!events_.empty()) application_->on_events(events_, now);
}

void Stack::flush_output(Instant now) noexcept {
  // Emission touches nobody else, so the list does not grow under us.
  for (Touched& touched : touched_) {
    Tcb& tcb = tcbs_[touched.id];
    const bool more = machine_.output(tcb, touched.out, now, *this);
    tcb.touched = Tcb::untouched;
    finish(touched, more, now);
  }
  touched_.clear();
}

/// After its segments left: on to the next deadline, or out.
void Stack::finish(const Touched& touched, bool more, Instant now) noexcept {
  Tcb& tcb = tcbs_[touched.id];
  if (touched.out.has_shrunk) [[unlikely]]
    path_mtus_.learn(engine::Ipv4{tcb.tuple.remote}, static_cast<std::uint16_t>(tcb.mss + Machine::headers_of(tcb)), now);
  const bool has_news = touched.out.events != 0 && !tcb.has(Tcb::app_gone);
  if (has_news) late_events_.push_back(touched);
  if (tcb.state != State::closed && tcb.state != State::time_wait) {
    if (more) again_.push_back(touched.id);
    return rearm(touched.id, now);
  }
  if (!tcb.has(Tcb::leaving)) leave(touched, now);
  if (has_news || tcb.has(Tcb::released) || (tcb.has(Tcb::unread) && !tcb.has(Tcb::app_gone))) return;
  tcb.set(Tcb::released);
  machine_.release(tcb);
  gone_.push_back(touched.id);
}

/// Out of the tables: from now on its segments are strangers', or TIME-WAIT's.
void Stack::leave(const Touched& touched, Instant now) noexcept {
  Tcb& tcb = tcbs_[touched.id];
  tcb.set(Tcb::leaving);
  const std::uint64_t h = hash(tcb.tuple);
  if (touched.out.enter_time_wait && time_wait_.add(tcb, h, now)) counters_.time_wait_reused.add();
  counters_.closed[engine::index_of(touched.out.reason)].add();
  if (tcb.has(Tcb::half_open)) half_open_lease_.give_back();
  if (tcb.state == State::time_wait) counters_.connections[engine::index_of(State::time_wait)].sub();  // counted in its own table
  tcb.state = State::closed;
  table_.erase(h, touched.id);
  wheel_.cancel(touched.id);
}

void Stack::free_connection(ConnId id) noexcept {
  tcbs_.release(id);
  connections_lease_.give_back();
}

ConnId Stack::make_connection(const engine::FourTuple& tuple, std::uint64_t h, Drop& why) noexcept {
  if (!account_.may_accept()) return why = Drop::account_full, no_index;
  if (!connections_lease_.try_take()) return why = Drop::connections_full, no_index;
  if (!account_.try_open_connection()) return connections_lease_.give_back(), why = Drop::account_full, no_index;
  const ConnId id = tcbs_.allocate();
  if (id == no_index || !table_.insert(h, id)) {
    if (id != no_index) tcbs_.release(id);
    account_.release(engine::Account::floor_default);
    account_.close_connection();
    connections_lease_.give_back();
    return why = Drop::connections_full, no_index;
  }
  Tcb& tcb = tcbs_[id];
  tcb.tuple = tuple;
  tcb.ts_offset = isn_.timestamp_offset(tuple);
  return id;
}

std::uint16_t Stack::mss_for(engine::Ipv4 remote, Instant now) const noexcept {
  const std::uint16_t mtu = shard_.output().mtu_for(remote);
  return mtu == 0 ? std::uint16_t{0} : static_cast<std::uint16_t>(path_mtus_.limit(remote, mtu, now) - headers_bytes);
}

std::optional<ConnId> Stack::connect(engine::Ipv4 local, engine::SocketAddress remote, std::uint32_t cookie, Instant now,
                                     NotOpened& why) noexcept {
  now_ = now;
  const engine::Ipv4 source = local.is_zero() ? shard_.output().source_for(remote.address) : local;
  const std::uint16_t mss = mss_for(remote.address, now);
  if (source.is_zero() || mss == 0) return why = NotOpened::no_route, counters_.connect_failed.add(), std::nullopt;
  engine::FourTuple tuple{remote.address.wire(), source.wire(), engine::be16{remote.port}, engine::be16{}};
  const auto port = ports_.choose(tuple, [&](std::uint16_t candidate) noexcept {
    tuple.local_port = engine::be16{candidate};
    const std::uint64_t h = hash(tuple);
    // A port of one of our own listeners on this address must not be taken either.
    return table_.find(h, [&](std::uint32_t i) noexcept { return tcbs_[i].tuple == tuple; }) == no_index &&
           time_wait_.find(tuple, h) == nullptr && snapshot_->listeners.find({source, candidate}) == listener_none;
  });
  if (!port) {
    counters_.ports_exhausted.add();
    return why = NotOpened::no_port, counters_.connect_failed.add(), std::nullopt;
  }
  tuple.local_port = engine::be16{*port};
  Drop drop = Drop::none;
  const ConnId id = make_connection(tuple, hash(tuple), drop);
  if (id == no_index) {
    counters_.drops[engine::index_of(drop)].add();
    return why = NotOpened::no_room, counters_.connect_failed.add(), std::nullopt;
  }
  Tcb& tcb = tcbs_[id];
  tcb.cookie = cookie;
  machine_.open(tcb, isn_.isn(tuple, now), mss, now, touch(id));
  return id;
}

bool Stack::send(ConnId id, engine::Slice& slice) noexcept {
  Tcb& tcb = tcbs_[id];
  if (machine_.send(tcb, slice, touch(id))) return true;
  if (may_send_text(tcb.state)) block(id);
  return false;
}

bool Stack::send_copy(ConnId id, std::string_view bytes) noexcept {
  if (Cold* cold = machine_.cold(tcbs_[id]); cold != nullptr && machine_.append_copy(*cold, bytes))
    return touch(id).may_send = true;
  while (!bytes.empty()) {
    engine::ByteBuffer buffer{shard_.mempool()};
    const std::size_t n = std::min(bytes.size(), buffer.room().size());
    if (n == 0) return block(id), false;
    std::memcpy(buffer.room().data(), bytes.data(), n);
    engine::Slice slice = std::move(buffer).finish(n);
    if (!send(id, slice)) return false;
    bytes.remove_prefix(n);
  }
  return true;
}

bool Stack::may_queue(ConnId id, unsigned slices) noexcept {
  if (nodes_.capacity() - nodes_.used() >= slices && account_.available() >= slices && !colds_.full()) return true;
  counters_.account_refusals.add();
  return block(id), false;
}

/// Memory is short: `writable` when it comes back.
void Stack::block(ConnId id) noexcept {
  tcbs_[id].set(Tcb::send_blocked);
  if (is_blocked_[id]) return;
  is_blocked_[id] = true;
  blocked_.push_back(id);
}

engine::Slice Stack::take(ConnId id, std::uint32_t max_bytes) noexcept {
  Tcb& tcb = tcbs_[id];
  engine::Slice slice = tcb.received.pop(machine_.store(), max_bytes);
  after_reading(id, slice.size());
  return slice;
}

void Stack::consume(ConnId id, std::uint32_t bytes) noexcept {
  Tcb& tcb = tcbs_[id];
  tcb.received.consume(machine_.store(), bytes);
  after_reading(id, bytes);
}

void Stack::after_reading(ConnId id, std::uint32_t bytes) noexcept {
  Tcb& tcb = tcbs_[id];
  Outbox& out = touch(id);
  if (!tcb.has(Tcb::unread)) return machine_.received(tcb, bytes, now_, out);
  if (!tcb.received.empty()) return;
  tcb.clear(Tcb::unread);
  out.close(CloseReason::finished);
}

void Stack::shutdown(ConnId id) noexcept { machine_.shutdown(tcbs_[id], touch(id)); }
void Stack::close(ConnId id) noexcept { machine_.close(tcbs_[id], now_, touch(id)); }
void Stack::abort(ConnId id) noexcept { machine_.abort(tcbs_[id], touch(id)); }

}  // namespace tcp

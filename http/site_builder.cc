#include "http/site_builder.h"

#include <fmt/format.h>

namespace http {

using engine::Errc;
using engine::Error;
using engine::Result;

Result<Site> SiteBuilder::build(SiteParts parts) {
  Site site;
  site.shards.resize(shards_);
  if (auto done = add_pools(site, parts); !done) return done.error();
  if (auto done = add_actions(site, parts); !done) return done.error();
  if (auto done = add_listeners(site, parts); !done) return done.error();
  return site;
}

Result<void> SiteBuilder::number_servers(SiteParts::PoolParts& pool) {
  const auto number = names_.pools.number(pool.settings.name);
  if (!number) return Error{Errc::exhausted, fmt::format("more than {} pools since the start", pools_max), pool.place};
  pool.settings.number = *number;
  for (ServerSettings& server : pool.servers) {
    const auto server_number = names_.servers.number(pool.settings.name + "\n" + server.name);
    if (!server_number)
      return Error{Errc::exhausted, fmt::format("more than {} servers since the start", servers_max), pool.place};
    server.number = *server_number;
  }
  return {};
}

Result<void> SiteBuilder::add_pools(Site& site, SiteParts& parts) {
  for (SiteParts::PoolParts& pool : parts.pools) {
    if (auto done = number_servers(pool); !done) return done.error();
    for (std::uint16_t shard = 0; shard < shards_; ++shard) {
      std::shared_ptr<Pool> same;
      if (shard < pools_.size()) {
        const auto before = pools_[shard].find(pool.settings.name);
        if (before != pools_[shard].end() && before->second->is_same(pool.settings, pool.servers)) same = before->second;
      }
      if (!same) same = std::make_shared<Pool>(pool.settings, pool.servers, shards_, shard);
      site.shards[shard].pools.push_back(std::move(same));
    }
  }
  return {};
}

Result<void> SiteBuilder::add_actions(Site& site, const SiteParts& parts) {
  for (const Rule& rule : parts.rules) {
    SiteAction action;
    if (const auto* pool = std::get_if<PoolAction>(&rule.action)) {
      const auto at =
          std::find_if(parts.pools.begin(), parts.pools.end(), [&](const auto& p) { return p.settings.name == pool->pool; });
      if (at == parts.pools.end()) return Error{Errc::invalid, fmt::format("there is no pool '{}'", pool->pool), rule.place};
      action = {SiteAction::Kind::pool, static_cast<std::uint32_t>(at - parts.pools.begin())};
    } else if (const auto* respond = std::get_if<RespondAction>(&rule.action)) {
      action = {SiteAction::Kind::respond, static_cast<std::uint32_t>(site.shards[0].answers.size())};
      const auto body = std::make_shared<const std::string>(respond->body);
      for (ShardSite& shard : site.shards)
        shard.answers.push_back(std::make_unique<FixedAnswer>(respond->status, respond->content_type, body));
    } else {
      const auto& redirect = std::get<RedirectAction>(rule.action);
      auto location = TextTemplate::parse(redirect.location);
      if (!location) return Error{location.error().code, "location: " + location.error().what, rule.place};
      action = {SiteAction::Kind::redirect, static_cast<std::uint32_t>(site.redirects.size())};
      site.redirects.push_back({redirect.status, std::move(*location)});
    }
    site.actions.push_back(action);
    site.rule_names.push_back(rule.name);
  }
  return {};
}

Result<void> SiteBuilder::add_listeners(Site& site, SiteParts& parts) {
  for (SiteListener& listener : parts.listeners) {
    const auto number = names_.listeners.number(listener.name);
    if (!number)
      return Error{Errc::exhausted, fmt::format("more than {} listeners since the start", listeners_max), listener.name};
    listener.number = *number;
  }
  // A place for every number that a session may carry, also those of listeners that are gone.
  site.listeners.resize(names_.listeners.size());
  for (ShardSite& shard : site.shards) shard.scratches.resize(names_.listeners.size());
  for (SiteListener& listener : parts.listeners) {
    const std::uint16_t number = listener.number;
    auto matcher = Matcher::build(parts.rules, compiler_, listener.name);
    if (!matcher) return matcher.error();
    listener.matcher = std::move(*matcher);
    for (ShardSite& shard : site.shards) {
      auto scratch = listener.matcher.make_scratch();
      if (!scratch) return scratch.error();
      shard.scratches[number] = std::make_unique<MatchScratch>(std::move(*scratch));
    }
    site.listeners[number] = std::make_unique<SiteListener>(std::move(listener));
  }
  return {};
}

void SiteBuilder::published(const Site& site) {
  pools_.assign(site.shards.size(), {});
  for (std::size_t shard = 0; shard < site.shards.size(); ++shard)
    for (const auto& pool : site.shards[shard].pools) pools_[shard][pool->settings().name] = pool;
}

}  // namespace http

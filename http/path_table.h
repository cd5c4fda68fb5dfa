// From a group of rules and a path to the rules that the path selects without a regex: the exact path, every prefix of it, and
// the rules without a path. One hash table and one byte trie for all groups, in flat arrays.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/rule_list.h"
#include "http/text_map.h"

namespace http {

class PathTable {
 public:
  class Builder {
   public:
    // Requires, of all: rules in ascending order.
    void add_exact(std::uint32_t group, std::string_view path, RuleRef rule) {
      exact_[{group, std::string{path}}].push_back(rule);
    }
    void add_prefix(std::uint32_t group, std::string_view prefix, RuleRef rule) {
      prefixes_[{group, std::string{prefix}}].push_back(rule);
    }
    void add_any(std::uint32_t group, RuleRef rule) { prefixes_[{group, std::string{}}].push_back(rule); }
    /// Requires: every group that was named is below `groups`.
    [[nodiscard]] PathTable build(std::uint32_t groups) &&;

   private:
    friend class TrieBuilder;
    using Key = std::pair<std::uint32_t, std::string>;  // group and text: the order of the map is the order of the trie
    std::map<Key, std::vector<RuleRef>> exact_, prefixes_;
  };

  [[nodiscard]] static std::uint64_t hash(std::string_view path) noexcept { return hash_text(path); }

  /// Adds the rules of `group` that `path` selects.   Requires: path_hash == hash(path).
  void collect(std::uint32_t group, std::string_view path, std::uint64_t path_hash, Candidates& candidates) const noexcept;

  /// The first rule of a group; no_rule if it has none here.
  [[nodiscard]] std::uint32_t lowest(std::uint32_t group) const noexcept { return groups_[group].lowest; }
  /// How many lists `collect` adds at most.
  [[nodiscard]] std::uint32_t lists_max(std::uint32_t group) const noexcept { return groups_[group].lists_max; }

 private:
  friend class TrieBuilder;
  static constexpr std::uint32_t no_node = 0xffffffff;
  struct Group {
    std::uint32_t root = no_node;
    std::uint32_t lowest = no_rule;
    std::uint32_t lists_max = 0;
    bool has_exact = false;
  };
  /// Of a trie whose edges carry several bytes: the first chose the node, its label is the rest of the edge.
  struct Node {
    std::uint32_t bytes = 0;  // offset in bytes_: the label, then the first byte of each child
    std::uint32_t label_bytes = 0;
    std::uint32_t first_child = 0;  // children lie side by side
    std::uint32_t children = 0;
    std::uint32_t lowest = no_rule;  // of the whole subtree: a descent ends where nothing below can be the first
    RuleRefs rules;                  // of the prefix that ends here
  };
  void collect_prefixes(std::uint32_t root, std::string_view path, Candidates& candidates) const noexcept;

  std::vector<Group> groups_;
  TextMap<RuleRefs> exact_;  // the space is the group
  std::vector<Node> nodes_;
  std::string bytes_;
  RuleLists lists_;
};

}  // namespace http

# Bash completion for all dts tools.
#
# The options are not written down here: the tool is asked for its --help when
# a completion is wanted, which takes a few milliseconds. So the completions of
# an installed tool are those of that very version, and there is nothing to
# forget when an option is added. t/consistency.bats compares the two.
#
# Needs nothing of the bash-completion package, but fits in: installed as
# dts, with a link of each tool's name.
# shellcheck shell=bash

# _dts_help TOOL: a line "LETTER NAME ARG HELP" for each option, separated by
# tabs; "-" where there is no letter or argument.
_dts_help() {
	"$1" --help 2>/dev/null | awk '
		function put() { if (name != "") print letter "\t" name "\t" arg "\t" help; name = "" }
		/^  (-[A-Za-z], |    )--[a-z]/ {
			put()
			letter = substr($0, 3, 1) == "-" ? substr($0, 4, 1) : "-"
			line = substr($0, 9)
			name = line; sub(/[= ].*/, "", name)
			line = substr(line, length(name) + 1)
			arg = "-"
			if (substr(line, 1, 1) == "=") { arg = substr(line, 2); sub(/ .*/, "", arg); line = substr(line, length(arg) + 2) }
			sub(/^ */, "", line); help = line
			next
		}
		name != "" && /^ +[^ ]/ && !/^  --?/ { line = $0; sub(/^ */, "", line); help = help (help == "" ? "" : " ") line; next }
		{ put() }
		END { put() }'
}

# The words that an argument can be: "now|oldest" says so itself, others in
# their help, "stop, skip or apply".
_dts_words() {
	local arg=$1 help=${2##*: }

	case $arg in
	*[A-Z]*'|'*) ;; # what may stand there is not these words
	*'|'*) printf '%s\n' "${arg//|/ }" ;;
	MODE | HOW)
		help=${help%% \[*}
		help=${help%% \(*}
		help=${help//,/ }
		printf '%s\n' "${help// or / }"
		;;
	esac
}

# The groups [dts-NAME] of the option files that the clients read.
_dts_groups() {
	local file files=(/etc/my.cnf /etc/mysql/my.cnf /etc/mysql/conf.d/*.cnf ~/.my.cnf) i

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--defaults-file)
			file=${COMP_WORDS[i + 1]}
			[ "$file" != = ] || file=${COMP_WORDS[i + 2]}
			files=("${file/#\~\//$HOME/}")
			;;
		esac
	done
	sed -n 's/^[[:space:]]*\[dts-\([A-Za-z0-9_.-]*\)\].*/\1/p' "${files[@]}" 2>/dev/null
}

# The commands of a tool that has some (dts-checkpoint, dts-log).
_dts_commands() {
	"$1" --help 2>/dev/null | sed -n '/^Commands: /,/^$/{s/^Commands: //;p}' | tr ',' '\n' |
		awk '$1 ~ /^[a-z]/ { print $1 }'
}

# Is one of them there already, before the word that is completed?
_dts_has_command() {
	local i word

	for word in $(_dts_commands "$1"); do
		for ((i = 1; i < COMP_CWORD; i++)); do
			[ "${COMP_WORDS[i]}" != "$word" ] || return 0
		done
	done
	return 1
}

# Completes the value of an option whose argument is called ARG.
_dts_value() {
	local arg=$1 help=$2 cur=$3 words

	words=$(_dts_words "$arg" "$help")
	if [ -n "$words" ]; then
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	else
		case $arg in
		*FILE* | *PATH*) mapfile -t COMPREPLY < <(compgen -f -- "$cur") && compopt -o filenames 2>/dev/null ;;
		*DIR*) mapfile -t COMPREPLY < <(compgen -d -- "$cur") && compopt -o filenames 2>/dev/null ;;
		esac
	fi
}

_dts() {
	local tool=$1 cur=${COMP_WORDS[COMP_CWORD]} prev='' option='' letter name arg help

	COMPREPLY=()
	[ "$COMP_CWORD" -eq 0 ] || prev=${COMP_WORDS[COMP_CWORD - 1]}
	# --name=VALUE is three words to readline, and two while VALUE is empty.
	if [ "$cur" = = ]; then
		option=$prev cur=
	elif [ "$prev" = = ]; then
		option=${COMP_WORDS[COMP_CWORD - 2]}
	elif [[ $prev == -?* && $cur != -* ]]; then
		option=$prev
	fi
	if [[ -z $option && $cur == -* ]]; then
		local names=()
		while IFS=$'\t' read -r letter name arg help; do
			if [ "$arg" = - ]; then names+=("--$name "); else names+=("--$name="); fi
			[ "$letter" = - ] || names+=("-$letter ")
		done < <(_dts_help "$tool")
		local IFS=$'\n'
		mapfile -t COMPREPLY < <(compgen -W "${names[*]}" -- "$cur")
		compopt -o nospace 2>/dev/null
		return
	fi
	if [ -n "$option" ]; then
		while IFS=$'\t' read -r letter name arg help; do
			[ "$option" = "--$name" ] || [ "$option" = "-$letter" ] || continue
			[ "$arg" = - ] && break
			case $name in
			group | target) mapfile -t COMPREPLY < <(compgen -W "$(_dts_groups)" -- "$cur") ;;
			*) _dts_value "$arg" "$help" "$cur" ;;
			esac
			return
		done < <(_dts_help "$tool")
	fi
	case $tool in
	*dts-checkpoint) mapfile -t COMPREPLY < <(compgen -W "$(_dts_commands "$tool")" -- "$cur") ;;
	*dts-log)
		if _dts_has_command "$tool"; then
			mapfile -t COMPREPLY < <(compgen -f -- "$cur") && compopt -o filenames 2>/dev/null
		else
			mapfile -t COMPREPLY < <(compgen -W "$(_dts_commands "$tool")" -- "$cur")
		fi
		;;
	*) mapfile -t COMPREPLY < <(compgen -f -- "$cur") && compopt -o filenames 2>/dev/null ;;
	esac
}

complete -F _dts dts-apply dts-binlog dts-checkpoint dts-dump dts-filter \
	dts-log dts-schema dts-verify

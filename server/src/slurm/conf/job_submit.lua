-- Written by OpenPCS; changes are lost. Asks the site's script of each job that is submitted or changed, in a process of
-- its own: see server/policy. What is no answer refuses.

local PROGRAM = @PROGRAM@
local SCRIPT = @SCRIPT@
local NAME = @NAME@
-- Linux takes 131072 bytes as one argument.
local MOST = 100000

-- What a script sees and may set. A number's width tells how Slurm says that it was not given.
local TEXTS = { "account", "acctg_freq", "admin_comment", "array_inx", "batch_features", "burst_buffer", "comment",
    "container", "cpus_per_tres", "dependency", "exc_nodes", "extra", "features", "gres", "licenses", "mail_user",
    "mcs_label", "mem_per_tres", "name", "partition", "prefer", "qos", "req_nodes", "reservation", "std_err", "std_in",
    "std_out", "tres_bind", "tres_freq", "tres_per_job", "tres_per_node", "tres_per_socket", "tres_per_task", "wckey",
    "work_dir" }
local NUMBERS = { begin_time = 64, contiguous = 16, cores_per_socket = 16, cpus_per_task = 16, delay_boot = 32,
    end_time = 64, mail_type = 16, max_cpus = 32, max_nodes = 32, min_cpus = 32, min_mem_per_cpu = 64,
    min_mem_per_node = 64, min_nodes = 32, ntasks_per_node = 16, ntasks_per_socket = 16, ntasks_per_tres = 16,
    num_tasks = 32, pn_min_cpus = 16, pn_min_tmp_disk = 32, priority = 32, reboot = 16, req_switch = 32, requeue = 16,
    shared = 16, sockets_per_node = 16, threads_per_core = 16, time_limit = 32, time_min = 32, wait4switch = 32 }
-- What it only sees.
local GIVEN_TEXTS = { "alloc_node", "default_account", "default_qos", "network", "req_context", "user_name" }
local GIVEN_NUMBERS = { group_id = 32, user_id = 32, het_job_offset = 32 }
local RECORD_TEXTS = { "account", "comment", "dependency", "features", "gres", "licenses", "name", "nodes", "partition",
    "qos", "tres_per_node", "user_name", "wckey", "work_dir" }
local RECORD_NUMBERS = { job_id = 32, job_state = 32, max_nodes = 32, min_cpus = 32, min_nodes = 32, priority = 32,
    time_limit = 32, user_id = 32 }
local PARTITION_TEXTS = { "allow_accounts", "allow_qos", "deny_accounts", "deny_qos", "nodes", "qos" }
local PARTITION_NUMBERS = { default_time = 32, def_mem_per_cpu = 64, def_mem_per_node = 64, flag_default = 16,
    max_nodes = 32, max_time = 32, min_nodes = 32, priority_tier = 16, total_cpus = 32, total_nodes = 32 }
local NOT_GIVEN = { [16] = slurm.NO_VAL16, [32] = slurm.NO_VAL, [64] = slurm.NO_VAL64 }

local function hex(text)
    return (text:gsub(".", function(c) return string.format("%02x", c:byte()) end))
end

local function unhex(text)
    return (text:gsub("%x%x", function(byte) return string.char(tonumber(byte, 16)) end))
end

local function whole(value, width)
    local is_number = type(value) == "number" and value ~= NOT_GIVEN[width] and value < 2 ^ 63
    return is_number and math.tointeger(value // 1) or nil
end

local function tell(lines, what, of, texts, numbers)
    for _, field in ipairs(texts) do
        local value = of[field]
        if type(value) == "string" then
            lines[#lines + 1] = what .. ":" .. field .. ":s:" .. hex(value)
        end
    end
    for field, width in pairs(numbers) do
        local value = whole(of[field], width)
        if value then
            lines[#lines + 1] = what .. ":" .. field .. ":n:" .. value
        end
    end
end

-- Numbers first: what a script sets is looked up by its name alone.
local settable = {}
for _, field in ipairs(TEXTS) do settable[field] = "s" end
for field in pairs(NUMBERS) do settable[field] = "n" end

local function set(job, line)
    local field, kind, value = line:match("^set (%S+) ([sn]) (%S*)$")
    if not field then
        error("it said " .. line)
    elseif settable[field] == nil then
        error('it set job["' .. field .. '"], which is no field that can be set')
    elseif kind == "s" and value == "" and settable[field] == "n" then
        job[field] = NOT_GIVEN[NUMBERS[field]]
    elseif settable[field] ~= kind then
        error('it set job["' .. field .. '"] to a value of another type')
    elseif kind == "n" then
        job[field] = tonumber(value)
    else
        job[field] = unhex(value)
    end
end

local function answered(lines)
    local asked = table.concat(lines, ",")
    if #asked > MOST then
        error("the options of the job are too long to be looked at: " .. #asked .. " bytes")
    end
    -- Nothing but letters, digits and `_:,-` is in what is asked, and no quote in the rest.
    local pipe = io.popen(PROGRAM .. " run " .. SCRIPT .. " " .. hex(NAME) .. " " .. asked .. " 2>/dev/null", "r")
    if not pipe then
        error("it could not be started")
    end
    local answer = pipe:read("a")
    local ended, how, code = pipe:close()
    if not ended then
        error("it took too much time or memory (" .. tostring(how) .. " " .. tostring(code) .. ")")
    end
    return answer
end

local function ask(event, job, record, partitions, uid)
    local lines = { "event:" .. event, "uid:" .. whole(uid, 32) }
    tell(lines, "job", job, TEXTS, NUMBERS)
    tell(lines, "job", job, GIVEN_TEXTS, GIVEN_NUMBERS)
    if record then
        tell(lines, "record", record, RECORD_TEXTS, RECORD_NUMBERS)
    end
    for name, partition in pairs(partitions) do
        tell(lines, "partition:" .. hex(name), partition, PARTITION_TEXTS, PARTITION_NUMBERS)
    end
    local result = slurm.SUCCESS
    for line in answered(lines):gmatch("[^\n]+") do
        local said = line:match("^say (%x*)$")
        if line == "refused" then
            result = slurm.ERROR
        elseif said then
            slurm.log_user("%s", unhex(said))
        else
            set(job, line)
        end
    end
    return result
end

-- Slurm lets a job pass if its script fails: a site's rule must not.
local function safely(...)
    local went_well, told = pcall(ask, ...)
    if went_well then
        return told
    end
    slurm.log_error("job submit plugin %s: %s", NAME, tostring(told))
    slurm.log_user("%s", "The job submit plugin " .. NAME .. " failed, so that nothing was submitted or changed; tell whoever runs this cluster: " .. tostring(told))
    return slurm.ERROR
end

function slurm_job_submit(job, partitions, uid)
    return safely("job_submit", job, nil, partitions, uid)
end

function slurm_job_modify(job, record, partitions, uid)
    return safely("job_modify", job, record, partitions, uid)
end

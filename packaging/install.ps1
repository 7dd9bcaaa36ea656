# Installs credential-idcs for the current user, with the names that git, docker and kubectl look for.
# Run it in the folder that the archive made:  powershell -ExecutionPolicy Bypass -File install.ps1
# Never run: there is neither Windows nor PowerShell where the tests run.
param(
    [string]$Folder = (Join-Path $env:LOCALAPPDATA 'Programs\credential-idcs'),
    [switch]$Uninstall
)
$ErrorActionPreference = 'Stop'

$program = 'credential-idcs.exe'
$names = 'git-credential-idcs', 'docker-credential-idcs', 'kubectl-idcs', 'bazel-credential-idcs',
    'cargo-credential-idcs', 'pnpm-token-idcs', 'terraform-credentials-idcs'

if ($Uninstall) {
    foreach ($name in @($program) + ($names | ForEach-Object { "$_.exe" })) {
        $file = Join-Path $Folder $name
        if (Test-Path $file) { Remove-Item $file; Write-Output "removed $file" }
    }
    Write-Output 'configuration and tokens stay; see docs/install.md'
    exit
}

$source = Join-Path $PSScriptRoot $program
if (-not (Test-Path $source)) { throw "$program is not beside this script" }
New-Item -ItemType Directory -Force $Folder | Out-Null
$installed = Join-Path $Folder $program
Copy-Item $source $installed -Force
foreach ($name in $names) {
    $link = Join-Path $Folder "$name.exe"
    if (Test-Path $link) { Remove-Item $link }
    # A hard link needs no rights, where a symbolic one does.
    New-Item -ItemType HardLink -Path $link -Target $installed | Out-Null
}
Write-Output "installed credential-idcs into $Folder"

$path = [Environment]::GetEnvironmentVariable('Path', 'User')
if (($path -split ';') -notcontains $Folder) {
    Write-Output "$Folder is not on PATH; git, docker and kubectl look there:"
    Write-Output "`t[Environment]::SetEnvironmentVariable('Path', `"$Folder;`" + [Environment]::GetEnvironmentVariable('Path', 'User'), 'User')"
}
